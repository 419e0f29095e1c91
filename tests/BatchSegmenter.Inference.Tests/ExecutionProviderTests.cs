using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

public sealed class ExecutionProviderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModelBundle _bundle;

    public ExecutionProviderTests() =>
        _bundle = ModelBundleWriter.Write(_folder["bundle"], SampleModels.Description(), PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1)));

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void FallsBackToTheProcessorAndSaysWhy()
    {
        Skip.If(RuntimeLog.Runtime.GetAvailableProviders().Contains("CUDAExecutionProvider"), "needs a runtime without CUDA");
        using SegmentationModel model = SegmentationModel.Load(_bundle, new SegmentationModelOptions { Providers = ["tensorrt", "cuda", "cpu"] });
        Assert.Equal("cpu", model.Provider);
        Assert.Equal(2, model.PassedOver.Count);
        Assert.StartsWith("tensorrt is not used: this build of ONNX Runtime has ", model.PassedOver[0]);
        Assert.Contains("CPUExecutionProvider", model.PassedOver[1]);
    }

    [Fact]
    public void TheProcessorWishedForFirstIsTaken()
    {
        using SegmentationModel model = SegmentationModel.Load(_bundle, new SegmentationModelOptions { Providers = ["cpu", "cuda"] });
        Assert.Equal("cpu", model.Provider);
        Assert.Empty(model.PassedOver);
    }

    [Fact]
    public void HalfPrecisionThatIsNotToBeHadIsTold()
    {
        using SegmentationModel model = SegmentationModel.Load(_bundle, new SegmentationModelOptions { HalfPrecision = true });
        Assert.False(model.RunsInHalfPrecision);
        Assert.Equal("half precision is not used: only tensorrt computes a network in fp32 so; it runs on cpu in fp32", Assert.Single(model.PassedOver));
    }

    [Fact]
    public void RefusesAnUnknownName() =>
        Assert.Contains("\"npu\" is no execution provider; tensorrt, cuda, cpu are", Assert.Throws<ArgumentException>(
            () => SegmentationModel.Load(_bundle, new SegmentationModelOptions { Providers = ["npu"] })).Message);
}
