using BatchSegmenter.Inference.FusedLayers;
using BatchSegmenter.Onnx.Networks;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Tests.FusedLayers;

public sealed class SessionNetworkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModelBundle _bundle;

    public SessionNetworkTests() =>
        _bundle = ModelBundleWriter.Write(_folder["bundle"], SampleModels.Description(), PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1)));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Layers_that_the_runtime_does_not_take_are_left_as_they_are()
    {
        SessionNetwork network = new(_bundle.Network, new Lazy<byte[]?>([8, 1, 2, 3]));
        (InferenceSession first, _, IReadOnlyList<string> remarks) = ExecutionProvider.Start(network, new SegmentationModelOptions());
        using (first) Assert.StartsWith("layers are not fused, so that the network is slower: ", Assert.Single(remarks));

        using InferenceSession further = ExecutionProvider.StartOn(ExecutionProvider.Cpu, 0, network, new SegmentationModelOptions(), null);
        Assert.Equal(first.InputNames, further.InputNames);
    }

    [Fact]
    public void Of_a_network_that_does_not_start_at_all_its_own_fault_is_told()
    {
        SessionNetwork network = new([8, 1], new Lazy<byte[]?>([8, 1, 2, 3]));
        Assert.Throws<OnnxRuntimeException>(() => ExecutionProvider.Start(network, new SegmentationModelOptions()));
        Assert.Null(network.Refusal);
    }
}
