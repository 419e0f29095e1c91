using System.Security.Cryptography;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Pipeline.Options;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests;

public sealed class SegmentationPipelineTests(SampleModel model) : IClassFixture<SampleModel>, IDisposable
{
    private static readonly WriteOptions Everything = new()
    {
        Points = new PointOutputOptions { Columns = ["intensity", "classification"], Probabilities = true, Entropy = true },
        Las = new LasOutputOptions { Confidence = true },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_point_is_labelled_exactly_once_in_file_order()
    {
        PointColumns a = SampleSurvey.Points(3000), b = SampleSurvey.Points(1700, seed: 2);
        SampleSurvey.Write(_folder["in/a.las"], a);
        SampleSurvey.Write(_folder["in/b.las"], b);

        await Run(Options("out") with { Tiles = new TileOptions { Edge = 20, Halo = 15 } });

        Assert.Equal(
            [["a", 3000L, 3000L, 0L, 2999L, 0L], ["b", 1700L, 1700L, 0L, 1699L, 0L]],
            Dataset.Query(_folder["out"], """
                select source, count(*), count(distinct point_index), min(point_index), max(point_index), count(*) filter (file_row_number <> point_index)
                from points group by 1 order by 1
                """));
        Assert.Equal(a.X, Dataset.Column<double>(_folder["out"], "a", "x"), (expected, found) => Math.Abs(expected - found) < 0.001);
        Assert.Equal(b.Z, Dataset.Column<double>(_folder["out"], "b", "z"), (expected, found) => Math.Abs(expected - found) < 0.001);
        int[] labels = Dataset.Column<int>(_folder["out"], "a", "label");
        Assert.Subset(new HashSet<int> { 2, 3, 4, 5, 6 }, labels.ToHashSet());
        Assert.True(labels.Distinct().Count() >= 3, $"the made-up network only says {string.Join(", ", labels.Distinct())}");
    }

    public static TheoryData<string, string> SameResults => new()
    {
        { "cores 1", "cores 2" },
        { "cores 2", "cores 2" },
        { "batch 1", "batch 4" },
        { "tiles cores 1", "tiles cores 2 batch 4" },
    };

    [Theory]
    [MemberData(nameof(SameResults))]
    public async Task Outputs_are_the_same_bytes_whatever_the_cores_and_batches(string first, string second)
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(3000));
        SampleSurvey.Write(_folder["in/deep/b.las"], SampleSurvey.Points(1500, seed: 2));

        await Run(Way(first, "first"));
        await Run(Way(second, "second"));

        SortedDictionary<string, string> expected = Hashes("first"), found = Hashes("second");
        Assert.Equal(4, expected.Count);
        Assert.Equal(expected, found);

        SegmentationOptions Way(string way, string output) => Options(output) with
        {
            Write = Everything,
            Limits = new LimitOptions { Cores = way.Contains("cores 1") ? 1 : 2 },
            Inference = new InferenceOptions { BlocksPerBatch = way.Contains("batch 4") ? 4 : 1 },
            Tiles = new TileOptions { Edge = way.StartsWith("tiles") ? 15 : null },
        };
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 1, 1)]
    [InlineData(1, 2, 3)]
    [InlineData(2, 2, 16)]
    public async Task Outputs_are_the_same_bytes_whatever_the_sessions_and_threads(int sessions, int threads, int blocks)
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(3000));
        SampleSurvey.Write(_folder["in/b.las"], SampleSurvey.Points(1500, seed: 2));
        await Run(Options("first") with { Write = Everything });

        using SegmentationModel other = SegmentationModel.Load(
            model.Model.Bundle, new SegmentationModelOptions { Sessions = sessions, ThreadsPerRun = threads, BlocksPerBatch = blocks });
        await Run(Options("second") with { Write = Everything, Limits = new LimitOptions { Cores = 4 } }, other);

        SortedDictionary<string, string> expected = Hashes("first"), found = Hashes("second");
        Assert.Equal(4, expected.Count);
        Assert.Equal(expected, found);
    }

    [Fact]
    public async Task A_broken_input_fails_alone()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(500));
        SampleSurvey.Write(_folder["in/c.las"], SampleSurvey.Points(500, seed: 2));
        Truncate(SampleSurvey.Write(_folder["in/b.las"], SampleSurvey.Points(500)));
        _folder.Write("in/d.las", "no survey at all");

        RunOutcome outcome = await Run(Options("out") with { Write = Everything });

        Assert.Equal([InputStatus.Done, InputStatus.Failed, InputStatus.Done, InputStatus.Failed], outcome.Inputs.Select(input => input.Status));
        Assert.Contains("b.las", outcome.Inputs[1].Error);
        Assert.Equal(
            ["las/a.las", "las/c.las", "points/source=a/part-00000.parquet", "points/source=c/part-00000.parquet"],
            Hashes("out").Keys);
    }

    [Fact]
    public async Task The_outcome_counts_what_was_labelled()
    {
        PointColumns survey = SampleSurvey.Points(1000);
        survey.Classification.AsSpan(0, 10).Fill(7);
        SampleSurvey.Write(_folder["in/a.las"], survey);

        RunOutcome outcome = await Run(Options("out"));

        InputSummary summary = Assert.Single(outcome.Inputs);
        Assert.Equal((1000L, 10L), (summary.Points, summary.LabelCounts[7]));
        Assert.Equal(
            Dataset.Query(_folder["out"], "select label, count(*) from points group by 1 order by 1").Select(row => ((int)row[0], (long)row[1])),
            summary.LabelCounts.Select(pair => (pair.Key, pair.Value)).Order());
        Assert.Equal((double)Dataset.Query(_folder["out"], "select avg(confidence::double) from points where label <> 7")[0][0], summary.MeanConfidence!.Value, 1e-6);
        Assert.Equal([_folder["out/points/source=a/part-00000.parquet"]], summary.Outputs);
        Assert.All(outcome.Stages, stage => Assert.True(stage.Items > 0, stage.Name));
    }

    [Fact]
    public async Task More_failures_than_allowed_stop_the_run()
    {
        for (int i = 0; i < 4; i++) _folder.Write($"in/{i}.las", "no survey");
        SegmentationOptions options = Options("out") with { Limits = new LimitOptions { Cores = 1, MaxFailures = FailureLimit.OfInputs(1) } };

        RunStoppedException fault = await Assert.ThrowsAsync<RunStoppedException>(() => Run(options));

        Assert.Contains("2 inputs failed, but limits.maxFailures allows 1", fault.Message);
        Assert.Equal(4, (await Run(options with { Limits = new LimitOptions { MaxFailures = FailureLimit.OfInputs(4) } })).Failed);
    }

    [Theory]
    [InlineData("25%", false)]
    [InlineData("24.9%", true)]
    [InlineData("10.1% of points", true)]
    [InlineData("12% of points", false)]
    public async Task Shares_of_failures_are_of_all_inputs_and_all_points(string limit, bool stops)
    {
        for (int i = 0; i < 3; i++) SampleSurvey.Write(_folder[$"in/{i}.las"], SampleSurvey.Points(i == 0 ? 100 : 400));
        byte[] whole = File.ReadAllBytes(_folder["in/0.las"]);
        _folder.Write("in/3.las");
        File.WriteAllBytes(_folder["in/3.las"], whole[..^10]); // its header is refused, so it counts by its bytes, as some 110 of 1000 points
        SegmentationOptions options = Options("out") with { Limits = new LimitOptions { Cores = 1, MaxFailures = FailureLimit.Parse(limit)!.Value } };

        if (stops) Assert.Contains($"limits.maxFailures allows {limit}", (await Assert.ThrowsAsync<RunStoppedException>(() => Run(options))).Message);
        else Assert.Equal(1, (await Run(options)).Failed);
    }

    [SkippableFact]
    public async Task Work_that_does_not_return_ends_the_run_and_keeps_what_is_done()
    {
        Skip.If(OperatingSystem.IsWindows(), "needs a named pipe in the file system");
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(300));
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", [_folder["in/b.las"]])) await make.WaitForExitAsync();
        SampleSurvey.Write(_folder["in/c.las"], SampleSurvey.Points(300));
        SegmentationOptions options = Options("out") with { Faults = new FaultOptions { Timeout = TimeSpan.FromSeconds(2) } };
        InputList found = await InputList.FindAsync(options);
        RunProgress progress = new(found.Inputs);
        SegmentationPipeline pipeline = new(options, model.Model) { Grace = TimeSpan.FromSeconds(1) };

        RunStoppedException fault = await Assert.ThrowsAsync<RunStoppedException>(() => pipeline.RunAsync(found.Inputs, progress));

        Assert.True(pipeline.HasHungWork);
        Assert.Contains("b.las: read does not end", fault.Message);
        Assert.Equal(InputStatus.Done, progress.Outcome().Inputs[0].Status);
        Assert.Equal(["points/source=a/part-00000.parquet"], Hashes("out").Keys);
        await using FileStream release = File.OpenWrite(_folder["in/b.las"]); // lets the thread that waits for a writer go
    }

    [Fact]
    public async Task Kept_excluded_and_withheld_points_keep_their_class()
    {
        PointColumns survey = SampleSurvey.Points(1500);
        for (int i = 0; i < 300; i++) survey.Classification![i] = (byte)(i % 3 == 0 ? 9 : i % 3 == 1 ? 18 : 40);
        for (int i = 300; i < 400; i++) (survey.Classification![i], survey.ClassificationFlags![i]) = (31, ClassificationFlags.Withheld);
        SampleSurvey.Write(_folder["in/a.las"], survey);

        await Run(Options("out") with { Classes = new ClassOptions { Keep = [9], Exclude = [18] }, Write = Everything });
        await Run(Options("seen") with { Classes = new ClassOptions { Exclude = [], ExcludeWithheld = false } });

        int[] labels = Dataset.Column<int>(_folder["out"], "a", "label"), seen = Dataset.Column<int>(_folder["seen"], "a", "label");
        float[] confidence = Dataset.Column<float>(_folder["out"], "a", "confidence"), share = Dataset.Column<float>(_folder["out"], "a", "p_ground + p_vegetation + p_building");
        for (int i = 0; i < 1500; i++)
        {
            int? kept = i >= 400 ? null : i >= 300 ? 31 : i % 3 == 0 ? 9 : i % 3 == 1 ? 18 : null;
            if (kept is { } code) Assert.Equal((code, 1f), (labels[i], confidence[i]));
            else Assert.InRange(labels[i], 2, 6);
            Assert.Equal(kept is null or 9 ? 1 : 0, share[i], 1e-4f); // kept points are seen all the same, hidden ones are not
            Assert.InRange(seen[i], 2, 6);
        }
    }

    [Fact]
    public async Task What_the_source_calls_its_points_changes_no_label()
    {
        PointColumns survey = SampleSurvey.Points(1500);
        SampleSurvey.Write(_folder["in/a.las"], survey);
        survey.Classification.AsSpan().Fill(1);
        SampleSurvey.Write(_folder["in/b.las"], survey);

        await Run(Options("out"));

        Assert.Equal(Dataset.Column<int>(_folder["out"], "a", "label"), Dataset.Column<int>(_folder["out"], "b", "label"));
    }

    [Fact]
    public async Task Points_below_the_least_confidence_are_left_unclassified()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(1500));
        await Run(Options("all"));
        int[] labels = Dataset.Column<int>(_folder["all"], "a", "label");
        float[] confidence = Dataset.Column<float>(_folder["all"], "a", "confidence");
        double least = confidence.Order().ElementAt(700) + 1e-5;

        await Run(Options("sure") with { Classes = new ClassOptions { MinConfidence = least } });

        Assert.Equal(labels.Select((label, i) => confidence[i] < least ? 1 : label), Dataset.Column<int>(_folder["sure"], "a", "label"));
        Assert.Equal(confidence, Dataset.Column<float>(_folder["sure"], "a", "confidence"));
    }

    [Fact]
    public async Task Probabilities_sum_to_one_and_confidence_and_label_are_the_greatest()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(1500));

        await Run(Options("out") with { Write = Everything });

        Assert.Equal(
            [[1500L, 0L, 0L, 0L, 0L]],
            Dataset.Query(_folder["out"], """
                select count(*), count(*) filter (abs(p_ground + p_vegetation + p_building - 1) > 1e-5),
                    count(*) filter (confidence <> greatest(p_ground, p_vegetation, p_building)),
                    count(*) filter (label <> case when p_ground = confidence then 2 when p_building = confidence then 6 else label end or (label in (3, 4, 5) and p_vegetation <> confidence)),
                    count(*) filter (abs(entropy + list_sum(list_transform([p_ground, p_vegetation, p_building], p -> if(p > 0, p * ln(p), 0)))) > 1e-4)
                from points
                """));
    }

    [Fact]
    public async Task Labelled_las_equals_its_source_but_for_the_class_and_the_record_of_the_model()
    {
        string source = SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(1500));

        await Run(Options("out") with { Write = new WriteOptions { Las = new LasOutputOptions() } });

        byte[] before = File.ReadAllBytes(source), after = File.ReadAllBytes(_folder["out/las/a.las"]);
        int[] labels = Dataset.Column<int>(_folder["out"], "a", "label");
        int start = BitConverter.ToInt32(before, 96), added = BitConverter.ToInt32(after, 96) - start;
        Assert.Equal(BitConverter.ToInt32(before, 100) + 1, BitConverter.ToInt32(after, 100));
        using (LasReader reader = new(_folder["out/las/a.las"]))
            Assert.Equal(new LabellingModel(model.Model.Bundle.Id, "sample", "1.0"), LabellingModel.Find(reader.Vlrs));
        for (int i = 0; i < labels.Length; i++)
        {
            Assert.Equal(labels[i], after[start + added + 30 * i + 16]);
            after[start + added + 30 * i + 16] = before[start + 30 * i + 16];
        }

        before.AsSpan(96, 8).CopyTo(after.AsSpan(96));
        Assert.Equal(before, (byte[])[.. after[..start], .. after[(start + added)..]]);
    }

    [Fact]
    public async Task Labelled_laz_has_the_records_of_labelled_las()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(1500));

        await Run(Options("plain") with { Write = Everything });
        await Run(Options("out") with { Write = Everything with { Las = new LasOutputOptions { Format = "laz", Confidence = true } } });

        using LasReader las = new(_folder["plain/las/a.las"]), laz = new(_folder["out/las/a.laz"]);
        Assert.True(laz.Las.IsCompressed);
        byte[] expected = new byte[1500 * 34], records = new byte[1500 * 34];
        Assert.Equal((1500, 1500), (las.ReadRecords(expected), laz.ReadRecords(records)));
        Assert.Equal(expected, records);
    }

    [Fact]
    public async Task Confidence_in_las_is_that_of_the_dataset()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(1500));

        await Run(Options("out") with { Write = Everything });

        byte[] las = File.ReadAllBytes(_folder["out/las/a.las"]);
        int start = BitConverter.ToInt32(las, 96);
        Assert.Equal(34, BitConverter.ToInt16(las, 105));
        Assert.Equal(Dataset.Column<float>(_folder["out"], "a", "confidence"), Enumerable.Range(0, 1500).Select(i => BitConverter.ToSingle(las, start + 34 * i + 30)));
        Assert.Contains("confidence", PointCloudInspection.Of(_folder["out/las/a.las"], false, false).Attributes);
    }

    [Fact]
    public async Task A_code_that_the_point_format_cannot_hold_is_refused_with_the_way_out()
    {
        SampleSurvey.Write(_folder["in/old.las"], SampleSurvey.Points(300), new LasWriterOptions { PointFormat = 1, VersionMinor = 2, Epsg = 32631, Offset = (500_000, 4_000_000, 0) });
        SampleSurvey.Write(_folder["in/new.las"], SampleSurvey.Points(300));
        using SegmentationModel solar = Model(SampleBundle.Description with { Classes = [.. SampleBundle.Classes.Select(c => c with { Asprs = 64, ByHeight = null })] });

        RunOutcome outcome = await Run(Options("out") with { Write = Everything }, solar);
        RunOutcome parquetAlone = await Run(Options("parquet"), solar);

        Assert.Equal([InputStatus.Done, InputStatus.Failed], outcome.Inputs.Select(input => input.Status));
        Assert.Contains("class code 64", outcome.Inputs[1].Error);
        Assert.Contains("translate --point-format 6", outcome.Inputs[1].Error);
        Assert.Equal(["las/new.las", "points/source=new/part-00000.parquet"], Hashes("out").Keys);
        Assert.Equal(0, parquetAlone.Failed);
    }

    [Fact]
    public async Task An_input_without_points_gives_an_empty_dataset()
    {
        SampleSurvey.Write(_folder["in/empty.las"], SampleSurvey.Points(0));

        RunOutcome outcome = await Run(Options("out") with { Write = Everything });

        Assert.Equal((InputStatus.Done, 0L, null), (outcome.Inputs[0].Status, outcome.Inputs[0].Points, outcome.Inputs[0].MeanConfidence));
        Assert.Equal([[0L]], Dataset.Query(_folder["out"], "select count(*) from points"));
        Assert.Equal(File.ReadAllBytes(_folder["in/empty.las"]).Length, PointDataOffset(_folder["in/empty.las"]));
        Assert.Equal(0, PointCloudInspection.Of(_folder["out/las/empty.las"], false, false).PointCount);
    }

    [Fact]
    public async Task An_input_whose_points_are_all_hidden_keeps_its_classes()
    {
        PointColumns noise = SampleSurvey.Points(50);
        noise.Classification.AsSpan().Fill(7);
        SampleSurvey.Write(_folder["in/a.las"], noise);

        RunOutcome outcome = await Run(Options("out"));

        Assert.Equal(InputStatus.Done, outcome.Inputs[0].Status);
        Assert.All(Dataset.Column<int>(_folder["out"], "a", "label"), label => Assert.Equal(7, label));
    }

    [Theory]
    [InlineData("las")]
    [InlineData("laz")]
    public async Task What_a_damaged_file_still_holds_is_labelled_if_asked_for(string format)
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(900));
        byte[] file = File.ReadAllBytes(_folder["in/a.las"]);
        File.WriteAllBytes(_folder["in/a.las"], file[..^1000]);
        SegmentationOptions options = Options("out") with { Write = Everything with { Las = new LasOutputOptions { Format = format, Confidence = true } } };

        Assert.Equal(InputStatus.Failed, (await Run(options)).Inputs[0].Status);
        RunOutcome outcome = await Run(options with { Faults = new FaultOptions { OnCorruptChunk = CorruptChunks.Skip } });

        InputSummary input = outcome.Inputs[0];
        Assert.Equal((InputStatus.Partial, 1, 0), (input.Status, outcome.Partial, outcome.Failed));
        Assert.InRange(input.Points, 850, 899);
        Assert.Contains($"{900 - input.Points} points were lost", input.Error);
        Assert.Contains(outcome.Warnings, warning => warning.Contains("points were lost", StringComparison.Ordinal));
        Assert.Equal([[input.Points, 0L, input.Points - 1]], Dataset.Query(_folder["out"], "select count(*), min(point_index), max(point_index) from points"));
        using LasReader labelled = new(_folder[$"out/las/a.{format}"]);
        Assert.Equal((input.Points, input.Points), (labelled.Header.PointCount, (long)labelled.Las.PointsByReturn().Aggregate((a, b) => a + b)));
        PointColumns points = new(0, PointAttributes.Classification);
        while (labelled.Read(points, 1000) > 0) { }
        Assert.Equal(Dataset.Column<int>(_folder["out"], "a", "label"), points.Classification![..points.Count].Select(code => (int)code));
    }

    [Theory]
    [InlineData(".ply", "las")]
    [InlineData(".csv", "laz")]
    [InlineData(".parquet", "las")]
    public async Task The_format_of_an_input_does_not_change_its_labels(string extension, string format)
    {
        SampleSurvey.Write(_folder["las/a.las"], SampleSurvey.Points(900));
        Directory.CreateDirectory(_folder["in"]);
        using (PointCloudReader source = PointCloudReader.Open(_folder["las/a.las"]))
        using (FileStream file = File.Create(_folder[$"in/a{extension}"]))
            PointTranslation.Translate(source, "a.las", file, extension, new TranslationOptions());
        SegmentationOptions options = Options("other") with
        {
            Inputs = [_folder[$"in/a{extension}"]],
            Write = new WriteOptions { Las = new LasOutputOptions { Format = format, Confidence = true } },
        };

        await Run(Options("plain") with { Inputs = [_folder["las/a.las"]] });
        RunOutcome outcome = await Run(options);

        Assert.Equal((InputStatus.Done, 900L), (outcome.Inputs[0].Status, outcome.Inputs[0].Points));
        int[] labels = Dataset.Column<int>(_folder["plain"], "a", "label");
        Assert.Equal(labels, Dataset.Column<int>(_folder["other"], "a", "label"));
        using LasReader las = new(_folder[$"other/las/a.{format}"]);
        PointColumns points = new(0, PointAttributes.Classification);
        while (las.Read(points, 1000) > 0) { }
        Assert.Equal((6, "confidence"), (las.Las.PointFormat, Assert.Single(las.ExtraBytes).Name));
        Assert.Equal(labels, points.Classification![..points.Count].Select(code => (int)code));
    }

    [Fact]
    public async Task A_text_is_read_as_the_pipeline_says()
    {
        PointColumns survey = SampleSurvey.Points(400);
        Directory.CreateDirectory(_folder["in"]);
        File.WriteAllLines(_folder["in/a.txt"], Enumerable.Range(0, 400).Select(i => FormattableString.Invariant($"{survey.Z[i]};{survey.Y[i]};{survey.X[i]}")).Prepend("made by hand"));
        SegmentationOptions options = Options("out") with { Inputs = [_folder["in/a.txt"]] };

        RunOutcome outcome = await Run(options with { Text = new() { Columns = ["z", "y", "x"], Separator = ';', SkipLines = 1 } });

        Assert.Equal(400, outcome.Inputs[0].Points);
        Assert.Contains(outcome.Warnings, warning => warning.Contains("z y x", StringComparison.Ordinal));
        Assert.Equal(survey.Z[..400], Dataset.Column<double>(_folder["out"], "a", "z"));
    }

    [Fact]
    public async Task Degrees_are_refused()
    {
        SampleSurvey.Write(
            _folder["in/a.las"], SampleSurvey.Points(100, x: 1, y: 2),
            new LasWriterOptions { Wkt = "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"4326\"]]" });

        RunOutcome outcome = await Run(Options("out"));

        Assert.Equal(InputStatus.Failed, outcome.Inputs[0].Status);
        Assert.Contains("geographic", outcome.Inputs[0].Error);
    }

    [Fact]
    public async Task A_survey_in_feet_gets_the_labels_that_it_has_in_metres()
    {
        PointColumns metres = SampleSurvey.Points(2000, x: 1100, y: 1200), feet = SampleSurvey.Points(2000, x: 1100, y: 1200);
        foreach (double[] axis in (double[][])[feet.X, feet.Y, feet.Z])
            for (int i = 0; i < axis.Length; i++) axis[i] *= 3937.0 / 1200;
        LasWriterOptions fine = new() { Scale = (1e-5, 1e-5, 1e-5), Epsg = 32631 };
        SampleSurvey.Write(_folder["in/metres.las"], metres, fine);
        SampleSurvey.Write(_folder["in/feet.las"], feet, fine with { Epsg = 2227 });
        SampleSurvey.Write(_folder["in/unsaid.las"], feet, fine with { Epsg = null });

        RunOutcome outcome = await Run(Options("out"));

        int[] expected = Dataset.Column<int>(_folder["out"], "metres", "label");
        Assert.InRange(Same("feet"), 1980, 2000);
        Assert.InRange(Same("unsaid"), 0, 1950); // so the units do matter
        Assert.Contains(outcome.Warnings, warning => warning.Contains("metres are presumed"));
        Assert.All(outcome.Warnings, warning => Assert.Contains("unsaid.las", warning));

        int Same(string source) => Dataset.Column<int>(_folder["out"], source, "label").Zip(expected).Count(pair => pair.First == pair.Second);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(700)]
    public async Task One_point_far_away_changes_no_other_label(int at)
    {
        PointColumns survey = SampleSurvey.Points(1500);
        (survey.X[at], survey.Y[at]) = (-9_000_000, 9_000_000);
        LasWriterOptions coarse = new() { Scale = (0.01, 0.01, 0.01), Epsg = 32631 };
        SampleSurvey.Write(_folder["in/far.las"], survey, coarse);
        PointColumns clean = new(1500, SampleSurvey.Attributes);
        clean.Append(survey, [.. Enumerable.Range(0, 1500).Where(i => i != at)]);
        SampleSurvey.Write(_folder["in/clean.las"], clean, coarse);

        await Run(Options("out"));

        List<int> labels = [.. Dataset.Column<int>(_folder["out"], "far", "label")];
        Assert.Equal(survey.Classification![at], labels[at]);
        labels.RemoveAt(at);
        Assert.Equal(Dataset.Column<int>(_folder["out"], "clean", "label"), labels);
    }

    [Fact]
    public async Task Tiles_agree_with_one_tile_far_beyond_chance()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(3000));

        await Run(Options("one"));
        await Run(Options("tiles") with { Tiles = new TileOptions { Edge = 20 } });

        int same = Dataset.Column<int>(_folder["one"], "a", "label").Zip(Dataset.Column<int>(_folder["tiles"], "a", "label")).Count(pair => pair.First == pair.Second);
        Assert.InRange(same, 2100, 3000); // an untrained network is undecided nearly everywhere; labels at random agree for some 1200
    }

    [Fact]
    public async Task Cancelling_ends_the_run_and_leaves_whole_files_only()
    {
        for (int i = 0; i < 30; i++) SampleSurvey.Write(_folder[$"in/{i}.las"], SampleSurvey.Points(800, seed: i));
        SegmentationOptions options = Options("out") with { Write = Everything };
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        RunProgress progress = new(inputs);
        using CancellationTokenSource cancellation = new();

        Task run = new SegmentationPipeline(options, model.Model).RunAsync(inputs, progress, cancellation.Token);
        while (progress.Finished == 0 && !run.IsCompleted) Thread.Sleep(1); // on this thread: a timer would wait for others
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        RunOutcome outcome = progress.Outcome();
        int done = outcome.Inputs.Count(input => input.Status == InputStatus.Done);
        Assert.InRange(done, 1, 29);
        Assert.Equal(30 - done, outcome.Inputs.Count(input => input.Status == InputStatus.Cancelled));
        Assert.DoesNotContain(Hashes("out").Keys, path => path.EndsWith(".tmp"));
        foreach (InputSummary input in outcome.Inputs.Where(input => input.Status == InputStatus.Done)) Assert.All(input.Outputs, path => Assert.True(File.Exists(path)));
    }

    [Fact]
    public void A_feature_that_is_unknown_is_refused_before_the_run()
    {
        InputDescription input = SampleBundle.Input with { Features = [new FeatureDescription("colour"), .. SampleBundle.Input.Features.Skip(1)] };
        using SegmentationModel colour = Model(SampleBundle.Description with { Input = input });

        Assert.Contains("'colour'", Assert.Throws<ConfigurationException>(() => new SegmentationPipeline(Options("out"), colour)).Message);
    }

    [Fact]
    public void Blocks_per_batch_are_one_on_a_processor_unless_told() =>
        Assert.Equal((1, 7), (
            new SegmentationPipeline(Options("out"), model.Model).BlocksPerBatch,
            new SegmentationPipeline(Options("out") with { Inference = new InferenceOptions { BlocksPerBatch = 7 } }, model.Model).BlocksPerBatch));

    /// <summary>A network of other origin, which takes points alone: it calls high what is more than three metres above the block's lowest point.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(700)]
    public async Task A_bundle_of_another_origin_labels_by_what_its_network_says(int? fixedPoints)
    {
        PointColumns survey = SampleSurvey.Points(3000);
        SampleSurvey.Write(_folder["in/a.las"], survey);
        Dimension points = fixedPoints is int count ? count : "points";
        GraphBuilder builder = new("heights");
        Value input = builder.Input(new OnnxValue("xyz", ElementType.Float32, ["batch", 3, points]));
        Value heights = builder.Node("Gather", "height", [input, builder.Integers(2)], new OnnxAttribute("axis", 1L));
        Value high = builder.Node("Sub", "high", [heights, builder.Constant("limit", [3f], 1)]);
        builder.Node("Concat", "logits", [builder.Node("Neg", "low", [high]), high], new OnnxAttribute("axis", 1L));
        builder.Output(new OnnxValue("logits", ElementType.Float32, ["batch", 2, points]));
        ModelDescription description = SampleBundle.Description with
        {
            Architecture = new ForeignNetworkDescription { Features = 3, Classes = 2, Input = "xyz", Scores = "logits", ScoresLayout = PointLayout.ChannelsFirst },
            Neighbourhoods = NeighbourhoodPlace.Inside,
            Input = SampleBundle.Input with
            {
                Unit = BlockUnit.Metre, Origin = BlockOrigin.Base, Features = [new("x"), new("y"), new("z")], Thinning = new ThinningDescription(0, 0),
            },
            Classes = [new() { Id = 0, Name = "low", Asprs = 2 }, new() { Id = 1, Name = "high", Asprs = 6 }],
        };
        using SegmentationModel heightModel = SegmentationModel.Load(ModelBundleWriter.Write(_folder["bundle"], description, builder.Build()));

        await Run(Options("out"), heightModel);

        int[] labels = Dataset.Column<int>(_folder["out"], "a", "label");
        Assert.Contains(6, labels);
        // The plane rises by a metre over its length.
        Assert.All(Enumerable.Range(0, survey.Count).Where(i => survey.Z[i] < 102.9), i => Assert.Equal(2, labels[i]));
        Assert.All(Enumerable.Range(0, survey.Count).Where(i => survey.Z[i] > 104.2), i => Assert.Equal(6, labels[i]));
    }

    [Fact]
    public void Networks_that_do_not_score_points_of_surveys_are_refused()
    {
        using SegmentationModel parts = Model(SampleBundle.Description with { Architecture = SampleBundle.Network with { Categories = 4 } });
        Assert.Contains("which of 4 categories", Assert.Throws<ConfigurationException>(() => new SegmentationPipeline(Options("out"), parts)).Message);
        PointNet2Description whole = SampleBundle.Network with
        {
            Task = NetworkTask.Classification, Propagation = [], Levels = [SampleBundle.Network.Levels[0], new() { All = true, Scales = [new() { Widths = [16] }] }],
        };
        using SegmentationModel wholes = Model(SampleBundle.Description with { Architecture = whole });
        Assert.Contains("classifies blocks as a whole", Assert.Throws<ConfigurationException>(() => new SegmentationPipeline(Options("out"), wholes)).Message);
    }

    private SegmentationOptions Options(string output) => new() { Inputs = [_folder["in"]], Model = model.Folder, Output = _folder[output] };

    private SegmentationModel Model(ModelDescription description) => SegmentationModel.Load(SampleBundle.Write(_folder["bundle"], description));

    private async Task<RunOutcome> Run(SegmentationOptions options, SegmentationModel? other = null)
    {
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        RunProgress progress = new(inputs);
        await new SegmentationPipeline(options, other ?? model.Model).RunAsync(inputs, progress);
        return progress.Outcome();
    }

    private SortedDictionary<string, string> Hashes(string output) => new(
        Directory.GetFiles(_folder[output], "*", SearchOption.AllDirectories).ToDictionary(
            path => Path.GetRelativePath(_folder[output], path).Replace('\\', '/'), path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))),
        StringComparer.Ordinal);

    private static void Truncate(string path)
    {
        using FileStream file = File.OpenWrite(path);
        file.SetLength(file.Length - 1000);
    }

    private static int PointDataOffset(string path) => BitConverter.ToInt32(File.ReadAllBytes(path), 96);
}
