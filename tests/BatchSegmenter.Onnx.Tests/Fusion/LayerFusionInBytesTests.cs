using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Quantization;
using BatchSegmenter.Onnx.Tests.Networks;

namespace BatchSegmenter.Onnx.Tests.Fusion;

/// <summary>The form of fused graphs that were quantised; what they compute is tested where the runtime is.</summary>
public sealed class LayerFusionInBytesTests
{
    private static readonly PointNet2Description Wide = new()
    {
        Features = 4,
        Classes = 3,
        Levels = [new() { Ratio = 0.25, Scales = [SampleNetworks.Scale(2.5f, 8, 32, 32, 48)] }],
        Propagation = [new() { Widths = [40, 32] }],
        Head = [32],
    };

    private static readonly OnnxGraph Float = PointNet2Graph.Rewritten(PointNet2Weights.Random(Wide, 1));

    [Fact]
    public void A_quantised_group_is_one_node_as_in_float()
    {
        OnnxGraph fused = LayerFusion.Apply(Quantized(_ => true));

        Assert.Equal(
            "levels.0.0.2.biased = GroupedLayers(levels.0.0.0.point, levels.0.0.0.sample, neighbors_1_0, levels.0.0.2.biased.3.panels, levels.0.0.1.linear.terms, levels.0.0.2.biased.5.panels, levels.0.0.2.linear.int8.terms)",
            Assert.Single(fused.Nodes, node => node.Operator == FusedOperator.GroupedLayers).ToString());
        // The head's layer follows the interpolation's; the scores' own has no ReLU.
        OnnxNode interpolated = Assert.Single(fused.Nodes, node => node.Operator == FusedOperator.InterpolatedLayers);
        Assert.Equal(("head.0.relu", 4 + 2 * 2), (interpolated.Outputs[0], interpolated.Inputs.Count));
        Assert.Equal(["propagation.0.1.linear.terms", "head.0.linear.terms"], [interpolated.Inputs[5], interpolated.Inputs[7]]);
        Assert.DoesNotContain(fused.Nodes, node => node.Operator is "QLinearMatMul" or "NhwcMaxPool" or "DequantizeLinear" or "Transpose");
        HashSet<string> read = [.. fused.Nodes.SelectMany(node => node.Inputs)];
        Assert.All(fused.Initializers, tensor => Assert.Contains(tensor.Name, read));
    }

    [Fact]
    public void Terms_are_those_of_the_layers()
    {
        OnnxGraph quantized = Quantized(_ => true), fused = LayerFusion.Apply(quantized);
        OnnxTensor middle = Constant(fused, "levels.0.0.1.linear.terms"), last = Constant(fused, "levels.0.0.2.linear.int8.terms");
        ReadOnlySpan<float> steps = Constant(quantized, "levels.0.0.1.linear.int8.scale").Floats;

        Assert.Equal([32, 4], middle.Shape);
        Assert.Equal([steps[5] * InputScale.Scale, Constant(Float, "levels.0.0.1.linear.bias").Floats[5], InputScale.Scale, Int8Weights.LargestInFours], middle.Floats.Slice(20, 4));
        Assert.Equal([48, 6], last.Shape);
        Assert.Equal([PooledScale.Scale, PooledScale.ZeroPoint], last.Floats[^2..]);
    }

    [Fact]
    public void Layers_may_differ_in_kind()
    {
        OnnxGraph fused = LayerFusion.Apply(Quantized(layer => layer.Name is "levels.0.0.1.linear" or "head.0.linear"));

        OnnxNode grouped = Assert.Single(fused.Nodes, node => node.Operator == FusedOperator.GroupedLayers), interpolated = Assert.Single(fused.Nodes, node => node.Operator == FusedOperator.InterpolatedLayers);
        Assert.Equal((ElementType.Int8, ElementType.Float32), (Constant(fused, grouped.Inputs[3]).Type, Constant(fused, grouped.Inputs[5]).Type));
        Assert.Equal((ElementType.Float32, ElementType.Int8), (Constant(fused, interpolated.Inputs[4]).Type, Constant(fused, interpolated.Inputs[6]).Type));
    }

    /// <summary>Bytes made of what comes out are left to the runtime: its operator saturates what a ReLU more would cut.</summary>
    [Fact]
    public void What_a_layer_without_ReLU_reads_is_quantised_outside()
    {
        PointNet2Description two = Wide with { Levels = [Wide.Levels[0], new() { Ratio = 0.25, Scales = [SampleNetworks.Scale(5, 8, 32, 32)] }], Propagation = [new() { Widths = [40, 32] }, new() { Widths = [32] }] };
        OnnxGraph graph = PointNet2Graph.Rewritten(PointNet2Weights.Random(two, 1));
        OnnxGraph fused = LayerFusion.Apply(Quantized(graph, _ => true));

        Assert.Contains(fused.Nodes, node => node is { Operator: FusedOperator.InterpolatedLayers, Outputs: ["propagation.0.1.linear"] });
        Assert.Contains(fused.Nodes, node => node is { Operator: "QuantizeLinear", Inputs: ["propagation.0.1.linear", ..] });
    }

    [Fact]
    public void Bytes_with_another_zero_stay()
    {
        OnnxGraph graph = GraphQuantization.Apply(Float, LinearNode.Find(Float).ToDictionary(layer => layer, layer => new LayerScales(new Int8Scale(0.1f, 7), layer.Pooling is null ? null : PooledScale)));
        Assert.DoesNotContain(LayerFusion.Apply(graph).Nodes, node => node.Operator == FusedOperator.GroupedLayers);
    }

    /// <summary>Two products of such weights would not fit 16 bits.</summary>
    [Fact]
    public void Larger_weights_stay()
    {
        OnnxGraph graph = Quantized(_ => true);
        graph = With(graph, "levels.0.0.1.linear.int8.weight", bytes => bytes[7] = Int8Weights.Largest + 1);
        Assert.DoesNotContain(LayerFusion.Apply(graph).Nodes, node => node.Operator == FusedOperator.GroupedLayers);
        Assert.Contains(LayerFusion.Apply(graph).Nodes, node => node.Operator == FusedOperator.InterpolatedLayers);
    }

    /// <summary>Where the next step is so small that sums in it are no 32-bit integers.</summary>
    [Fact]
    public void Steps_too_small_for_what_comes_stay()
    {
        OnnxGraph graph = GraphQuantization.Apply(Float, LinearNode.Find(Float).ToDictionary(
            layer => layer, layer => new LayerScales(layer.Pooling is null ? InputScale : new Int8Scale(1e-12f, 0), layer.Pooling is null ? null : PooledScale)));
        Assert.DoesNotContain(LayerFusion.Apply(graph).Nodes, node => node.Operator == FusedOperator.GroupedLayers);
    }

    private static readonly Int8Scale InputScale = Int8Scale.Of(0, 4), PooledScale = Int8Scale.Of(-1, 4);

    private static OnnxGraph Quantized(Func<LinearNode, bool> which) => Quantized(Float, which);

    private static OnnxGraph Quantized(OnnxGraph graph, Func<LinearNode, bool> which) => GraphQuantization.Apply(
        graph, LinearNode.Find(graph).Where(which).ToDictionary(layer => layer, layer => new LayerScales(InputScale, layer.Pooling is null ? null : PooledScale)));

    private static OnnxTensor Constant(OnnxGraph graph, string name) => graph.Initializers.Single(tensor => tensor.Name == name);

    private static OnnxGraph With(OnnxGraph graph, string constant, Action<byte[]> change)
    {
        byte[] bytes = Constant(graph, constant).Bytes.ToArray();
        change(bytes);
        return new()
        {
            Name = graph.Name, Opset = graph.Opset, Inputs = graph.Inputs, Outputs = graph.Outputs, Nodes = graph.Nodes,
            Initializers = [.. graph.Initializers.Select(tensor => tensor.Name == constant ? tensor with { Bytes = bytes } : tensor)],
        };
    }
}
