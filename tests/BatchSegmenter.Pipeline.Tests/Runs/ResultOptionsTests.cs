using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class ResultOptionsTests
{
    private static readonly SegmentationOptions Options = new() { Inputs = ["a.las"], Model = "model", Output = "out" };

    [Fact]
    public void Results_of_another_precision_or_provider_are_other_results()
    {
        string fp32 = ResultOptions.Hash(Options, "cpu", ModelPrecision.Fp32);
        Assert.NotEqual(fp32, ResultOptions.Hash(Options, "cpu", ModelPrecision.Int8));
        Assert.NotEqual(fp32, ResultOptions.Hash(Options, "cuda", ModelPrecision.Fp32));
    }

    [Fact]
    public void How_the_precision_was_asked_for_changes_nothing() => Assert.Equal(
        ResultOptions.Hash(Options, "cpu", ModelPrecision.Int8),
        ResultOptions.Hash(Options with { Inference = new InferenceOptions { Precision = "int8" } }, "cpu", ModelPrecision.Int8));
}
