using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Options;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Inference;

namespace BatchSegmenter.Tests.ReadMe;

/// <summary>What the README promises of its first command, with the model that ships.</summary>
public sealed class QuickstartTests : IDisposable
{
    private readonly string _output = Directory.CreateTempSubdirectory("quickstart").FullName;

    [Fact]
    public async Task Labels_the_sample_surveys_as_the_picture_shows()
    {
        SegmentationOptions options = PipelineFile.Load(
            Path.Combine(SharedFiles.Repository, "pipelines", "quickstart.json"), new PipelineOverrides { Output = _output });
        InputList found = await InputList.FindAsync(options);
        Assert.Equal(2, found.Inputs.Count);
        using SegmentationModel model = SegmentationModel.Load(ModelBundle.Load(options.Model));
        RunProgress progress = new(found.Inputs);
        await new SegmentationPipeline(options, model).RunAsync(found.Inputs, progress);

        RunOutcome outcome = progress.Outcome();
        Assert.Equal(0, outcome.Failed);
        Assert.Equal(100_000, outcome.Points);
        string[] labelled = [.. found.Inputs.Select(input => Path.Combine(_output, "las", input.RelativePath + ".las"))];
        Assert.True(Agreement(found.Inputs[0].Path, labelled[0]) > 0.9, "The shipped model no longer knows the sample town.");

        // The picture of the README is this one; set the variable to draw it again.
        byte[] picture = TopView.Draw(labelled, 0.5);
        Assert.True(picture.Length > 10_000);
        if (Environment.GetEnvironmentVariable("BATCHSEGMENTER_PICTURE") is { Length: > 0 } path) File.WriteAllBytes(path, picture);
    }

    public void Dispose() => Directory.Delete(_output, recursive: true);

    /// <summary>The share of ground, vegetation and building points that kept their true class (vegetation as one).</summary>
    private static double Agreement(string truth, string predicted)
    {
        byte[] expected = Classes(truth), found = Classes(predicted);
        int compared = 0, same = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (Merged(expected[i]) is not (2 or 5 or 6)) continue;
            compared++;
            if (Merged(expected[i]) == Merged(found[i])) same++;
        }

        return (double)same / compared;
    }

    private static int Merged(byte code) => code is 3 or 4 ? 5 : code;

    private static byte[] Classes(string path)
    {
        using Formats.PointCloudReader reader = Formats.PointCloudReader.Open(path);
        Formats.PointColumns points = new((int)reader.Header.PointCount, Formats.PointAttributes.Classification);
        while (reader.Read(points, 1 << 20) > 0) { }
        return points.Classification!.AsSpan(0, points.Count).ToArray();
    }
}
