using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Serialization;

namespace BatchSegmenter.Onnx.Tests.Networks;

/// <summary>What the graphs look like; that they compute the same is tested where there is a runtime.</summary>
public sealed class PointNet2GraphTests
{
    private static readonly PointNet2Weights Weights = PointNet2Weights.Random(SampleNetworks.TwoLevels(), 3);

    [Fact]
    public void DeclaresTheInputsOfTheContract()
    {
        string[] expected =
        [
            "positions: float32[points0, 3]", "features: float32[points0, 4]",
            "samples_1: int32[points1]", "neighbors_1_0: int32[points1, 8]", "neighbors_1_1: int32[points1, 16]",
            "nearest_1: int32[points0, 3]", "weights_1: float32[points0, 3]",
            "samples_2: int32[points2]", "neighbors_2_0: int32[points2, 8]", "nearest_2: int32[points1, 3]", "weights_2: float32[points1, 3]",
        ];
        foreach (OnnxGraph graph in (OnnxGraph[])[PointNet2Graph.Rewritten(Weights), PointNet2Graph.Plain(Weights)])
        {
            Assert.Equal(expected, graph.Inputs.Select(input => input.ToString()));
            Assert.Equal(["scores: float32[points0, 3]"], graph.Outputs.Select(output => output.ToString()));
            Assert.InRange(graph.Opset, 13, 17);
        }
    }

    [Fact]
    public void RewritingFoldsNormsAndGathersTransformedPoints()
    {
        OnnxGraph graph = PointNet2Graph.Rewritten(Weights);
        Assert.DoesNotContain(graph.Nodes, node => node.Operator == "BatchNormalization");
        Assert.Contains(PointNet2Graph.Plain(Weights).Nodes, node => node.Operator == "BatchNormalization");

        // One gather per scale reads features of the first layer's width; no gather of raw features is left.
        OnnxNode[] grouped = [.. graph.Nodes.Where(node => node.Operator == "Gather" && node.Inputs[1].StartsWith("neighbors_"))];
        Assert.Equal(3, grouped.Length);
        Assert.All(grouped, gather => Assert.Equal("MatMul", graph.Nodes.Single(node => node.Outputs.Contains(gather.Inputs[0])).Operator));
    }

    [Fact]
    public void NodesReadOnlyWhatStandsBeforeThem()
    {
        foreach (OnnxGraph graph in (OnnxGraph[])[PointNet2Graph.Rewritten(Weights), PointNet2Graph.Plain(Weights)])
        {
            HashSet<string> known = [.. graph.Inputs.Select(input => input.Name), .. graph.Initializers.Select(tensor => tensor.Name)];
            foreach (OnnxNode node in graph.Nodes)
            {
                Assert.All(node.Inputs, input => Assert.Contains(input, known));
                Assert.All(node.Outputs, output => Assert.True(known.Add(output), output));
            }
        }
    }

    [Fact]
    public void EqualWeightsGiveEqualBytes()
    {
        byte[] first = OnnxWriter.Write(PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleNetworks.TwoLevels(), 3)));
        Assert.Equal(first, OnnxWriter.Write(PointNet2Graph.Rewritten(Weights)));
        Assert.NotEqual(first, OnnxWriter.Write(PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleNetworks.TwoLevels(), 4))));
    }
}
