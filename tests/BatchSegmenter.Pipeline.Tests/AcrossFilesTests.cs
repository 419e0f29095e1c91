using System.Security.Cryptography;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests;

/// <summary>Files that give each other halos: a survey of 100 m in 2 × 2 files of 50 m.</summary>
public sealed class AcrossFilesTests : IClassFixture<SampleModel>, IDisposable
{
    private const long Tiny = 1 << 20; // holds some 700 points
    private static readonly string[] Files = ["a", "b", "c", "d"];
    private static readonly WriteOptions Everything = new()
    {
        Points = new PointOutputOptions { Columns = ["intensity"], Probabilities = true },
        Las = new LasOutputOptions { Confidence = true },
    };

    private readonly SampleModel _model;
    private readonly TemporaryFolder _folder = new();

    public AcrossFilesTests(SampleModel model)
    {
        _model = model;
        for (int i = 0; i < 4; i++) SampleSurvey.Write(_folder[$"in/{Files[i]}.las"], Part(i));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(30.0)]
    public async Task Outputs_are_the_same_bytes_whatever_memory_cores_and_order(double? edge)
    {
        SegmentationOptions options = Options("held", edge);
        RunOutcome held = await Run(options);
        RunOutcome spilled = await Run(Options("spilled", edge) with { Limits = new LimitOptions { Memory = Tiny, Cores = 2, Scratch = _folder["scratch"] } });
        await Run(Options("one", edge) with { Limits = new LimitOptions { Memory = 1, Cores = 1, Scratch = _folder["scratch"] } }, inputs => [.. inputs.Reverse()]);
        await Run(Options("alone", edge) with { Tiles = new TileOptions { Edge = edge } });

        Assert.Equal(Hashes("held"), Hashes("spilled"));
        Assert.Equal(Hashes("held"), Hashes("one"));
        Assert.DoesNotContain(Hashes("alone"), Hashes("held").Contains);
        Assert.All(held.Inputs, input => Assert.Equal((InputStatus.Done, 1500), (input.Status, input.Points)));
        Assert.Equal(Enumerable.Range(0, 1500).Select(i => (long)i), Dataset.Column<long>(_folder["held"], "c", "point_index"));
        Assert.Equal(held.Warnings, spilled.Warnings.Where(warning => !warning.Contains(": limits.memory of ", StringComparison.Ordinal)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["scratch"]));
    }

    [Fact]
    public async Task An_input_that_has_more_around_it_than_headers_tell_has_the_same_bytes_whatever_the_memory()
    {
        // Nearly all of the neighbour's points are at the border, and a few far off make its box wide: by its header, the budget has room for all that is around.
        PointColumns crowded = SampleSurvey.Points(9000, seed: 9, x: 500_150);
        for (int i = 0; i < 5; i++) crowded.X[i] += 20_000;
        SampleSurvey.Write(_folder["in/b.las"], crowded);

        RunOutcome held = await Run(Options("held") with { Limits = new LimitOptions { Memory = 1 << 30, Scratch = _folder["scratch"] } });
        RunOutcome moved = await Run(Options("moved") with { Limits = new LimitOptions { Memory = 12 << 20, Scratch = _folder["scratch"] } });

        Assert.All(held.Inputs.Concat(moved.Inputs), input => Assert.Equal(InputStatus.Done, input.Status));
        Assert.Equal(Hashes("held"), Hashes("moved"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["scratch"]));
    }

    [Fact]
    public async Task A_share_of_the_inputs_sees_the_others_too()
    {
        await Run(Options("all"));
        SegmentationOptions options = Options("share");
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        SurveyNeighbours neighbours = await SurveyNeighbours.FindAsync(inputs, options, _model.Model.Bundle.Description.Input);
        SegmentationInput[] share = [inputs[2]];

        await new SegmentationPipeline(options, _model.Model) { Neighbours = neighbours }.RunAsync(share, new RunProgress(share));

        Assert.Equal(Hashes("all").Where(file => IsOf("c", file.Path)), Hashes("share"));
    }

    [Fact]
    public async Task Of_points_beyond_the_margin_the_signals_count_and_not_the_place()
    {
        for (int i = 1; i < 4; i++) File.Delete(_folder[$"in/{Files[i]}.las"]);
        PointColumns beside = SampleSurvey.Points(3000, seed: 5, x: 500_150);
        for (int i = 0; i < 1500; i++) beside.X[i] += 400;
        SampleSurvey.Write(_folder["in/b.las"], beside);
        await Run(Options("far"));
        for (int i = 0; i < 1500; i++) (beside.X[i], beside.Z[i]) = (beside.X[i] - 30, beside.Z[i] - 50);
        SampleSurvey.Write(_folder["in/b.las"], beside);
        await Run(Options("elsewhere"));
        for (int i = 0; i < 1500; i++) beside.Intensity![i] = 5;
        SampleSurvey.Write(_folder["in/b.las"], beside);
        await Run(Options("dark"));

        Assert.Equal(OfA("far"), OfA("elsewhere"));
        Assert.NotEqual(OfA("far"), OfA("dark"));

        IEnumerable<(string, string)> OfA(string output) => Hashes(output).Where(file => IsOf("a", file.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_neighbour_that_is_damaged_half_way_is_no_context_and_named(bool isSpilled)
    {
        File.Delete(_folder["in/d.las"]);
        SampleSurvey.Write(_folder["in/d.laz"], SampleSurvey.Points(60_000, seed: 4, x: 500_150, y: 4_000_250), new LasWriterOptions { Epsg = 32631, Offset = (500_000, 4_000_000, 0), Compressed = true });
        DamageSecondChunk("in/d.laz");
        LimitOptions limits = isSpilled ? new LimitOptions { Memory = Tiny, Scratch = _folder["scratch"] } : new LimitOptions();

        RunOutcome damaged = await Run(Options("damaged") with { Limits = limits });
        File.Delete(_folder["in/d.laz"]);
        await Run(Options("missing") with { Limits = limits });

        Assert.Equal([InputStatus.Done, InputStatus.Done, InputStatus.Done, InputStatus.Failed], damaged.Inputs.Select(input => input.Status));
        Assert.Equal(Hashes("missing"), Hashes("damaged"));
        foreach (string name in Files[..3])
            Assert.Contains(damaged.Warnings, text => text.StartsWith(_folder[$"in/{name}.las"]) && text.Contains($"its neighbour {_folder["in/d.laz"]} is no context, since it cannot be read: "));
    }

    [Fact]
    public async Task A_neighbour_that_cannot_be_reached_this_time_is_asked_again_by_the_next_run()
    {
        SegmentationOptions options = Options("out");
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        SurveyNeighbours neighbours = await SurveyNeighbours.FindAsync(inputs, options, _model.Model.Bundle.Description.Input);
        RunLedger ledger = new(new LocalStore(options.Output));
        RunJournal journal = new(ledger, "bundle", "options") { Neighbours = neighbours };
        SegmentationInput[] share = [inputs[0]];

        File.Move(_folder["in/d.las"], _folder["d.las"]);
        RunOutcome first = await RunShare();
        File.Move(_folder["d.las"], _folder["in/d.las"]);
        RunOutcome second = await RunShare(), third = await RunShare();

        Assert.Contains("the next run does this input again", Assert.Single(first.Warnings));
        Assert.Equal([InputStatus.Done, InputStatus.Done, InputStatus.Skipped], ((RunOutcome[])[first, second, third]).Select(run => run.Inputs[0].Status));
        Assert.Empty(second.Warnings);

        async Task<RunOutcome> RunShare()
        {
            RunProgress progress = new(share);
            await journal.PassOverAsync(share, new ResumeOptions(), progress);
            await new SegmentationPipeline(options, _model.Model, journal) { Neighbours = neighbours }.RunAsync(share, progress);
            return progress.Outcome();
        }
    }

    [Fact]
    public async Task Another_reference_system_beside_it_is_no_context_and_named()
    {
        SampleSurvey.Write(_folder["in/d.las"], Part(3), new LasWriterOptions { Epsg = 25831, Offset = (500_000, 4_000_000, 0) });

        RunOutcome outcome = await Run(Options("other"));
        File.Delete(_folder["in/d.las"]);
        await Run(Options("missing"));

        Assert.Equal(Hashes("missing"), Hashes("other").Where(file => !IsOf("d", file.Path)));
        Assert.Equal(4, outcome.Warnings.Count(text => text.Contains("reference systems differ")));
    }

    [Fact]
    public async Task Hidden_points_of_neighbours_are_not_seen()
    {
        PointColumns noisy = Part(1), clean = new(0, SampleSurvey.Attributes);
        clean.Append(noisy);
        int[] noise = [.. Enumerable.Range(0, noisy.Count).Where(i => i % 3 == 0)];
        foreach (int i in noise) (noisy.Classification![i], noisy.Z[i]) = (7, 30);
        SampleSurvey.Write(_folder["in/b.las"], noisy);
        await Run(Options("noisy"));
        PointColumns without = new(0, SampleSurvey.Attributes);
        without.Append(noisy, [.. Enumerable.Range(0, noisy.Count).Except(noise)]);
        SampleSurvey.Write(_folder["in/b.las"], without);
        await Run(Options("without"));

        Assert.Equal(Hashes("without").Where(file => !IsOf("b", file.Path)), Hashes("noisy").Where(file => !IsOf("b", file.Path)));
    }

    private static PointColumns Part(int i) => SampleSurvey.Points(1500, seed: i + 1, x: 500_100 + 50 * (i % 2), y: 4_000_200 + 50 * (i / 2));

    /// <summary>Makes the sizes of the second chunk's layers impossible, so that what was decoded before it is lost again.</summary>
    private void DamageSecondChunk(string name)
    {
        const int RecordLength = 30, PointsPerChunk = 50_000;
        byte[] bytes = File.ReadAllBytes(_folder[name]);
        using PointCloudReader reader = PointCloudReader.Open(_folder[name]);
        PointColumns points = new(0, PointAttributes.None);
        while (reader.Read(points, PointsPerChunk + 1 - points.Count) > 0 && points.Count <= PointsPerChunk) { }
        byte[] first = new byte[12]; // a chunk begins with its first point as it is
        BitConverter.TryWriteBytes(first, (int)Math.Round((points.X[PointsPerChunk] - 500_000) * 1000));
        BitConverter.TryWriteBytes(first.AsSpan(4), (int)Math.Round((points.Y[PointsPerChunk] - 4_000_000) * 1000));
        BitConverter.TryWriteBytes(first.AsSpan(8), (int)Math.Round(points.Z[PointsPerChunk] * 1000));
        int chunk = bytes.AsSpan().IndexOf(first);
        Assert.True(chunk > 0);
        bytes.AsSpan(chunk + RecordLength + 4, 36).Fill(0x7F);
        File.WriteAllBytes(_folder[name], bytes);
    }

    private static bool IsOf(string name, string path) => path.Contains($"/{name}.las") || path.Contains($"source={name}");

    private SegmentationOptions Options(string output, double? edge = null) => new()
    {
        Inputs = [_folder["in"]], Model = _model.Folder, Output = _folder[output], Write = Everything, Tiles = new TileOptions { AcrossFiles = true, Edge = edge },
    };

    private async Task<RunOutcome> Run(SegmentationOptions options, Func<IReadOnlyList<SegmentationInput>, IReadOnlyList<SegmentationInput>>? reorder = null)
    {
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        if (reorder is not null) inputs = reorder(inputs);
        RunProgress progress = new(inputs);
        await new SegmentationPipeline(options, _model.Model).RunAsync(inputs, progress);
        return progress.Outcome();
    }

    private List<(string Path, string Hash)> Hashes(string output) =>
        [.. Directory.EnumerateFiles(_folder[output], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => (Path.GetRelativePath(_folder[output], path), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))))];
}
