using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Onnx.Tests.Networks;

public sealed class GraphWeightsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_graph_of_what_was_read_is_the_graph_again(bool featuresFirst)
    {
        PointNet2Description network = SampleNetworks.TwoLevels();
        network = network with { Levels = [.. network.Levels.Select(level => level with { FeaturesFirst = featuresFirst })] };
        OnnxGraph graph = PointNet2Graph.Rewritten(PointNet2Weights.Random(network, 3));

        PointNet2Weights read = GraphWeights.Read(graph, network, "model.onnx");

        Assert.DoesNotContain(read.Description.Levels, level => level.FeaturesFirst);
        OnnxGraph again = PointNet2Graph.Rewritten(read);
        Assert.Equal(graph.ToString(), again.ToString());
        foreach ((OnnxTensor expected, OnnxTensor found) in graph.Initializers.Zip(again.Initializers))
        {
            if (expected.Type != ElementType.Float32) Assert.Equal(expected.Bytes.ToArray(), found.Bytes.ToArray());
            // Relative coordinates are divided by radii, and multiplied by them again: the last bit.
            else for (int i = 0; i < expected.Floats.Length; i++) Assert.Equal(expected.Floats[i], found.Floats[i], 1e-6);
        }
    }

    [Theory]
    [InlineData("levels.0.0.0.point.weight")]
    [InlineData("levels.1.0.2.bias")]
    [InlineData("propagation.0.0.skip.weight")]
    [InlineData("propagation.1.0.bias")]
    [InlineData("head.0.linear.weight")]
    [InlineData("scores.bias")]
    public void A_graph_of_another_form_is_refused_by_the_constant_that_is_missing(string name)
    {
        PointNet2Description network = SampleNetworks.TwoLevels();
        OnnxGraph graph = PointNet2Graph.Rewritten(PointNet2Weights.Random(network, 3));
        Assert.Contains(graph.Initializers, tensor => tensor.Name == name);
        foreach (IEnumerable<OnnxTensor> without in (IEnumerable<OnnxTensor>[])
            [graph.Initializers.Where(tensor => tensor.Name != name), graph.Initializers.Select(tensor => tensor.Name == name ? tensor with { Shape = [1, .. tensor.Shape] } : tensor)])
        {
            OnnxGraph other = new() { Name = graph.Name, Opset = graph.Opset, Inputs = graph.Inputs, Outputs = graph.Outputs, Nodes = graph.Nodes, Initializers = [.. without] };
            Assert.Contains(name, Assert.Throws<InvalidOnnxException>(() => GraphWeights.Read(other, network, "model.onnx")).Message);
        }
    }
}
