using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;

namespace BatchSegmenter.Onnx.Tests.Passes;

public sealed class UnusedPartsTests
{
    [Fact]
    public void Takes_away_what_no_output_knows_of()
    {
        OnnxGraph graph = SampleGraphs.Of(
            [
                SampleGraphs.Node("Relu", ["x"], "used"),
                SampleGraphs.Node("Mul", ["used", "factor"], "y"),
                SampleGraphs.Node("Add", ["used", "term"], "unused"),
                SampleGraphs.Node("Relu", ["unused"], "last"),
            ],
            [SampleGraphs.Floats("factor", 2), SampleGraphs.Floats("term", 3)]);

        OnnxGraph left = UnusedParts.Remove(graph);

        Assert.Equal(["used", "y"], left.Nodes.Select(node => node.Name));
        Assert.Equal(["factor"], left.Initializers.Select(tensor => tensor.Name));
        Assert.Equal(graph.Inputs, left.Inputs);
    }

    [Fact]
    public void Keeps_what_a_graph_within_a_node_reads()
    {
        OnnxGraph graph = SampleGraphs.Of(
            [
                SampleGraphs.Node("Relu", ["x"], "read"),
                SampleGraphs.Node("Loop", ["", "", "x"], "y", new OnnxAttribute("body", SampleGraphs.Body("read"))),
            ]);

        Assert.Equal(graph.Nodes, UnusedParts.Remove(graph).Nodes);
    }
}
