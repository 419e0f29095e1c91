using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

public sealed class InputInfluenceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("two levels")]
    [InlineData("residual")]
    [InlineData("parts")]
    [InlineData("whole")]
    public void EveryInputOfOurNetworksMatters(string network)
    {
        PointNet2Description description = SampleModels.All[network];
        Assert.Empty(Without(description, PointNet2Graph.Rewritten(PointNet2Weights.Random(description, 1))));
    }

    /// <summary>Others may lose their effect with it: with every sample the same point, it does not matter which of them are sampled next.</summary>
    [Theory]
    [InlineData("positions")]
    [InlineData("features")]
    [InlineData("samples_1")]
    [InlineData("neighbors_2_0")]
    [InlineData("weights_1")]
    public void NamesTheInputThatWasRecordedAsAConstant(string input)
    {
        PointNet2Description description = SampleModels.TwoLevels;
        Assert.Contains(input, Without(description, Recorded(PointNet2Graph.Rewritten(PointNet2Weights.Random(description, 1)), input)));
    }

    /// <summary>Reads the input's shape and type, but not its values: x − x for numbers and indices alike.</summary>
    private static OnnxGraph Recorded(OnnxGraph graph, string input) => new()
    {
        Name = graph.Name,
        Opset = graph.Opset,
        Inputs = graph.Inputs,
        Outputs = graph.Outputs,
        Initializers = graph.Initializers,
        Nodes =
        [
            new OnnxNode("Sub", "recorded", [input, input], ["recorded"], []),
            .. graph.Nodes.Select(node => node with { Inputs = [.. node.Inputs.Select(name => name == input ? "recorded" : name)] }),
        ],
    };

    private IReadOnlyList<string> Without(PointNet2Description description, OnnxGraph graph)
    {
        ModelBundle bundle = ModelBundleWriter.Write(_folder["sample"], SampleModels.Description(description), graph);
        using SegmentationModel model = SegmentationModel.Load(bundle);
        Random random = new(1);
        float[] points = [.. Enumerable.Range(0, 300 * description.PointChannels).Select(i => random.NextSingle() * 16 - 8)];
        return InputInfluence.WithoutInfluence(model, new RawBlock(points, 300));
    }
}
