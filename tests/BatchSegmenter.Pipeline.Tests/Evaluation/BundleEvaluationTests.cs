using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Evaluation;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests.Evaluation;

public sealed class BundleEvaluationTests
{
    private static readonly string Samples = Path.Combine(SharedFiles.Repository, "sample-data");

    /// <summary>Ground, vegetation and building alone: the network knows of nothing else that the samples have.</summary>
    private static readonly EvaluationOptions Judging = new()
    {
        Predicted = "", Truth = "", Map = new Dictionary<byte, byte> { [3] = 5, [4] = 5 }, Ignore = [.. Enumerable.Range(0, 256).Except([2, 5, 6]).Select(code => (byte)code)],
    };

    private static ModelBundle Aerial => ModelBundle.Load(Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial"));

    [Fact]
    public async Task Every_survey_is_labelled_and_judged_by_its_own_classes()
    {
        EvaluationReport report = await BundleEvaluation.RunAsync(Aerial, [Samples], Judging);

        Assert.Equal(["town", "valley"], report.Files.Select(file => file.Name));
        Assert.InRange(report.MeanIou!.Value, 0.8, 1);
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public async Task A_survey_that_cannot_be_labelled_is_told()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["cut.las"], File.ReadAllBytes(Path.Combine(Samples, "valley.las"))[..200]);
        EvaluationException fault = await Assert.ThrowsAsync<EvaluationException>(() => BundleEvaluation.RunAsync(Aerial, [folder["cut.las"]], Judging));
        Assert.StartsWith(folder["cut.las"] + ": ", fault.Message);
    }
}
