using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

public sealed class RuntimeLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void CollectsWhatTheRuntimeWarnsOf()
    {
        OnnxGraph graph = PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1));
        Assert.Empty(Warnings(graph));
        OnnxGraph careless = new()
        {
            Name = graph.Name,
            Opset = graph.Opset,
            Inputs = graph.Inputs,
            Outputs = graph.Outputs,
            Initializers = [.. graph.Initializers, new OnnxTensor("forgotten", ElementType.Float32, [1], new byte[4])],
            Nodes = graph.Nodes,
        };
        string warning = Assert.Single(Warnings(careless));
        Assert.StartsWith("warning: ", warning);
        Assert.Contains("forgotten", warning);
        Assert.Empty(Warnings(graph));
    }

    [Fact]
    public void ScopesOfOtherThreadsAreApart()
    {
        OnnxGraph graph = PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1));
        ModelBundle bundle = ModelBundleWriter.Write(_folder["sample"], SampleModels.Description(), new OnnxGraph
        {
            Name = graph.Name,
            Opset = graph.Opset,
            Inputs = graph.Inputs,
            Outputs = graph.Outputs,
            Initializers = [.. graph.Initializers, new OnnxTensor("forgotten", ElementType.Float32, [1], new byte[4])],
            Nodes = graph.Nodes,
        });
        using RuntimeLog own = RuntimeLog.Collect();
        int others = 0;
        Thread thread = new(() =>
        {
            using RuntimeLog log = RuntimeLog.Collect();
            SegmentationModel.Load(bundle).Dispose();
            others = log.Messages.Count;
        });
        thread.Start();
        thread.Join();
        Assert.Equal((0, 1), (own.Messages.Count, others));
    }

    private IReadOnlyList<string> Warnings(OnnxGraph graph)
    {
        ModelBundle bundle = ModelBundleWriter.Write(_folder["sample"], SampleModels.Description(), graph);
        using RuntimeLog log = RuntimeLog.Collect();
        SegmentationModel.Load(bundle).Dispose();
        return log.Messages;
    }
}
