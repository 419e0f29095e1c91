using System.Security.Cryptography;
using System.Text;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Tests.Writers;

public sealed class OutputFilesTests(SampleModel model) : IClassFixture<SampleModel>, IDisposable
{
    private static readonly WriteOptions Both = new() { Las = new LasOutputOptions() };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Parquet_and_las_are_committed_together_under_the_inputs_path()
    {
        SegmentationInput input = Input("in/a.las", 100, "north/a");

        IReadOnlyList<string> committed = await Write(input, Labels(100), Both);

        Assert.Equal([_folder["out/points/source=north%2Fa/part-00000.parquet"], _folder["out/las/north/a.las"]], committed);
        Assert.Equal(committed.Order(), Files());
    }

    [Fact]
    public async Task A_source_that_has_shrunk_or_grown_fails_and_leaves_nothing()
    {
        SegmentationInput input = Input("in/a.las", 60);

        foreach (WriteOptions write in (WriteOptions[])[new WriteOptions(), new WriteOptions { Points = null, Las = new LasOutputOptions() }])
            foreach (int before in (int[])[100, 40])
            {
                InputRefusedException fault = await Assert.ThrowsAsync<InputRefusedException>(() => Write(input, Labels(before), write));
                Assert.Contains($"60 points now, but had {before}", fault.Message);
            }

        Assert.Empty(Files());
    }

    [Fact]
    public async Task A_path_too_long_for_the_outputs_fails_the_input_alone()
    {
        SegmentationInput input = Input("in/a.las", 10, string.Join('/', Enumerable.Repeat(new string('n', 60), 5)));

        InputRefusedException fault = await Assert.ThrowsAsync<InputRefusedException>(() => Write(input, Labels(10), new WriteOptions()));

        Assert.Contains("too long", fault.Message);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task A_source_that_is_gone_is_the_inputs_fault_not_the_outputs()
    {
        SegmentationInput input = Input("in/a.las", 60);
        PointCloudHeader header = Header(input);
        File.Delete(input.Path);

        foreach (WriteOptions write in (WriteOptions[])[new WriteOptions(), Both])
            await Assert.ThrowsAsync<ObjectChangedException>(() => Outputs(write).WriteAsync(input, header, Labels(60), default));
        Assert.Empty(Files());
    }

    [Fact]
    public async Task An_output_folder_that_cannot_be_written_stops_the_run()
    {
        _folder.Write("out", "a file stands here");

        RunStoppedException fault = await Assert.ThrowsAsync<RunStoppedException>(() => Write(Input("in/a.las", 10), Labels(10), Both));

        Assert.Contains(_folder["out"], fault.Message);
    }

    [Fact]
    public async Task Cancelling_leaves_nothing()
    {
        SegmentationInput input = Input("in/a.las", 100);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Outputs(Both).WriteAsync(input, Header(input), Labels(100), new CancellationToken(canceled: true)));

        Assert.Empty(Files());
    }

    [Fact]
    public async Task A_shorter_rewrite_replaces_the_earlier_outputs()
    {
        await Write(Input("in/a.las", 100), Labels(100), Both);
        await Write(Input("in/a.las", 30), Labels(30), Both);

        Assert.Equal(30L, Dataset.Query(_folder["out"], "select count(*) from points")[0][0]);
        Assert.Equal(2, Files().Length);
    }

    /// <summary>In labelled LAS of a LAS file and of another format alike; and in the dataset's footer.</summary>
    [Theory]
    [InlineData("in/a.las", "las")]
    [InlineData("in/a.las", "laz")]
    [InlineData("in/a.csv", "las")]
    public async Task Every_output_names_the_bundle_and_is_the_same_every_time(string path, string format)
    {
        SegmentationInput input = path.EndsWith("las")
            ? Input(path, 2)
            : new SegmentationInput(_folder.Write(path, "x,y,z\n1,2,3\n4,5,6\n"), "a");
        WriteOptions write = new() { Las = new LasOutputOptions { Format = format, Confidence = true } };
        byte[][] first = [.. (await Write(input, Labels(2), write)).Select(File.ReadAllBytes)];
        IReadOnlyList<string> written = await Write(input, Labels(2), write);

        Assert.Equal(first, written.Select(File.ReadAllBytes));
        LabellingModel? told = PointCloudInspection.Of(written[1], false, false).LabelledBy;
        Assert.Equal(new LabellingModel(model.Model.Bundle.Id, "sample", "1.0"), told);
        Dictionary<string, string> footer = Dataset.Query(_folder["out"], $"select decode(key), decode(value) from parquet_kv_metadata('{written[0]}')")
            .ToDictionary(row => (string)row[0], row => (string)row[1]);
        Assert.Equal((model.Model.Bundle.Id, "sample 1.0"), (footer["batchsegmenter.bundle"], footer["batchsegmenter.model"]));
    }

    private static HeldLabels Labels(int count)
    {
        HeldLabels labels = new(count, 3, keepProbabilities: false);
        for (int i = 0; i < count; i++) labels.KeepSource(i, 6);
        return labels;
    }

    private SegmentationInput Input(string path, int points, string relative = "a") => new(SampleSurvey.Write(_folder[path], SampleSurvey.Points(points)), relative);

    private async Task<IReadOnlyList<string>> Write(SegmentationInput input, CloudLabels labels, WriteOptions write)
    {
        OutputFiles outputs = Outputs(write);
        IReadOnlyList<CommittedOutput> written = await outputs.WriteAsync(input, Header(input), labels, default);
        IReadOnlyList<string> paths = outputs.PathsOf(written);
        Assert.All(paths.Zip(written), file => Assert.Equal(
            (new FileInfo(file.First).Length, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file.First)))), (file.Second.Bytes, file.Second.Sha256)));
        return paths;
    }

    private OutputFiles Outputs(WriteOptions write) =>
        new(new SegmentationOptions { Inputs = [], Model = model.Folder, Output = _folder["out"], Write = write }, model.Model.Bundle, new LocalStore(_folder["out"]));

    private static PointCloudHeader Header(SegmentationInput input)
    {
        using PointCloudReader reader = PointCloudReader.Open(input.Path);
        return reader.Header;
    }

    private string[] Files() => Directory.Exists(_folder["out"]) ? [.. Directory.GetFiles(_folder["out"], "*", SearchOption.AllDirectories).Order()] : [];
}
