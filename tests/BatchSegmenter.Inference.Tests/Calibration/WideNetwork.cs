using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests.Calibration;

/// <summary>Small networks with layers that are wide enough to be quantised.</summary>
internal static class WideNetwork
{
    /// <summary>Two levels, the first with two scales of which one has a single layer.</summary>
    public static PointNet2Description TwoLevels { get; } = new()
    {
        Features = 4,
        Classes = 3,
        Levels =
        [
            new() { Ratio = 0.25, RelativeByRadius = true, Scales = [SampleModels.Scale(2.5f, 8, 32, 32, 48), SampleModels.Scale(5, 16, 16)] },
            new() { Ratio = 0.25, RelativeByRadius = true, Scales = [SampleModels.Scale(5, 8, 48, 64)] },
        ],
        Propagation = [new() { Widths = [64, 48] }, new() { Widths = [32] }],
        Head = [32],
    };

    /// <summary>One level, of whose layers only <c>levels.0.0.2.linear</c> is worth quantising.</summary>
    public static PointNet2Description OneLayer { get; } = new()
    {
        Features = 4,
        Classes = 3,
        Levels = [new() { Ratio = 0.25, Scales = [SampleModels.Scale(2.5f, 8, 8, 32, 48)] }],
        Propagation = [new() { Widths = [8], Skip = false }],
        Head = [8],
    };

    public static ModelBundle Write(string folder, PointNet2Description network, Func<OnnxGraph, OnnxGraph>? change = null, IReadOnlyDictionary<string, byte[]>? others = null, int seed = 3)
    {
        OnnxGraph graph = PointNet2Graph.Rewritten(PointNet2Weights.Random(network, seed));
        return ModelBundleWriter.Write(folder, SampleModels.Description(network), change?.Invoke(graph) ?? graph, others);
    }

    public static List<BlockTensors> Blocks(PointNet2Description network, int count, int firstSeed = 1) => [.. Enumerable.Range(firstSeed, count).Select(seed => SampleModels.Block(network, 600, seed))];

    /// <summary>
    /// The same function with outliers: every fourth channel between layers 1 and 2 of the first scale is so much larger, and what reads it so much less, that
    /// a byte that holds them has no step left for the other channels.
    /// </summary>
    public static OnnxGraph WithOutliers(OnnxGraph graph)
    {
        const float Much = 1e5f;
        int width = (int)graph.Initializers.Single(tensor => tensor.Name == "levels.0.0.1.linear.bias").Shape[0];
        int next = (int)graph.Initializers.Single(tensor => tensor.Name == "levels.0.0.2.weight").Shape[1];
        graph = Changed(graph, "levels.0.0.1.linear.weight", (value, i) => i % width % 4 == 0 ? value * Much : value);
        graph = Changed(graph, "levels.0.0.1.linear.bias", (value, i) => i % 4 == 0 ? value * Much : value);
        return Changed(graph, "levels.0.0.2.weight", (value, i) => i / next % 4 == 0 ? value / Much : value);
    }

    /// <summary>A network some of whose channels are always 0: the last 16 of a layer in the middle of a level, of a level's last one, and of a propagation.</summary>
    public static OnnxGraph WithDeadChannels(OnnxGraph graph)
    {
        foreach ((string weight, string bias) in ((string, string)[])[("levels.0.0.1.linear.weight", "levels.0.0.1.linear.bias"), ("levels.1.0.1.weight", "levels.1.0.1.bias"), ("propagation.0.1.linear.weight", "propagation.0.1.linear.bias")])
        {
            int width = (int)graph.Initializers.Single(tensor => tensor.Name == bias).Shape[0];
            graph = Changed(graph, weight, (value, i) => i % width < width - 16 ? value : 0);
            graph = Changed(graph, bias, (value, i) => i < width - 16 ? value : 0);
        }
        return graph;
    }

    private static OnnxGraph Changed(OnnxGraph graph, string name, Func<float, int, float> change)
    {
        Assert.Contains(graph.Initializers, tensor => tensor.Name == name);
        return new OnnxGraph
        {
            Name = graph.Name, Opset = graph.Opset, Inputs = graph.Inputs, Outputs = graph.Outputs, Nodes = graph.Nodes,
            Initializers =
            [
                .. graph.Initializers.Select(tensor => tensor.Name != name ? tensor : tensor with { Bytes = MemoryMarshal.AsBytes<float>(tensor.Floats.ToArray().Select(change).ToArray()).ToArray() }),
            ],
        };
    }
}
