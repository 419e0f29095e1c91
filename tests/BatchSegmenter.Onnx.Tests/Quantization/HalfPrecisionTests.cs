using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Passes;
using BatchSegmenter.Onnx.Quantization;
using BatchSegmenter.Onnx.Serialization;
using BatchSegmenter.Onnx.Tests.Networks;

namespace BatchSegmenter.Onnx.Tests.Quantization;

/// <summary>The form of graphs in half precision; what they compute is tested where the runtime is.</summary>
public sealed class HalfPrecisionTests
{
    private static readonly OnnxGraph Float = PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleNetworks.TwoLevels(), 1));

    [Fact]
    public void Every_layer_can_be_chosen_however_small()
    {
        Assert.Equal(
            Float.Nodes.Where(node => node.Operator is "MatMul" or "Gemm").Select(node => node.Name), HalfPrecision.Layers(Float).Select(layer => layer.Name));
    }

    [Fact]
    public void With_all_layers_only_the_ends_are_in_single_precision()
    {
        OnnxGraph graph = HalfPrecision.Apply(Float, HalfPrecision.Layers(Float));

        Assert.Empty(GraphChecker.Check(graph));
        Assert.Empty(GraphLint.Check(graph));
        Assert.Equal((Float.Inputs, Float.Outputs), (graph.Inputs, graph.Outputs));
        Assert.Equal(graph.ToString(), OnnxReader.Read(OnnxWriter.Write(graph), "half").ToString());
        Assert.DoesNotContain(graph.Initializers, tensor => tensor.Type == ElementType.Float32);
        // What the network is given is rounded where a layer reads it, and weights of interpolation where they are used; scores are widened.
        string[] casts = [.. graph.Nodes.Where(node => node.Operator == "Cast").Select(node => node.Name)];
        Assert.Equal(["levels.0.0.points.half", "positions_1.half", "levels.0.1.points.half"], casts[..3]);
        Assert.Equal(6, casts.Count(name => name.Contains(".weights.", StringComparison.Ordinal)));
        Assert.Equal("scores.single", casts[^1]);
        // Positions of the second level stand beside features in half precision: they are joined in single precision, and rounded for the layer alone.
        Assert.Equal("levels.0.single", casts[3]);
    }

    [Fact]
    public void A_layer_alone_reads_what_is_rounded_and_gives_what_is_widened()
    {
        LinearNode layer = HalfPrecision.Layers(Float).Single(layer => layer.Name == "head.0.linear");

        OnnxGraph graph = HalfPrecision.Apply(Float, [layer]);

        Assert.Equal(
            ["propagation.1.0.relu.half", "head.0.linear", "head.0.relu", "head.0.relu.single", "scores"],
            graph.Nodes.Select(node => node.Name).TakeLast(5));
        Assert.Equal(["propagation.1.0.relu.half", "head.0.linear.weight.half", "head.0.linear.bias.half"], graph.Nodes.Single(node => node.Name == "head.0.linear").Inputs);
        Assert.Equal(["head.0.linear.weight.half", "head.0.linear.bias.half"], graph.Initializers.Where(tensor => tensor.Type == ElementType.Float16).Select(tensor => tensor.Name));
        Assert.Equal((long)ElementType.Float16, graph.Nodes.Single(node => node.Name == "propagation.1.0.relu.half").Attributes[0].Value);
    }

    [Fact]
    public void Without_layers_it_is_the_graph_itself() => Assert.Equal(Float.ToString(), HalfPrecision.Apply(Float, []).ToString());

    [Fact]
    public void Constants_are_rounded_to_the_nearest()
    {
        OnnxTensor single = Float.Initializers.Single(tensor => tensor.Name == "head.0.linear.weight");
        OnnxTensor half = HalfPrecision.Apply(Float, HalfPrecision.Layers(Float)).Initializers.Single(tensor => tensor.Name == "head.0.linear.weight.half");
        OnnxTensor imitated = HalfPrecision.Imitate(Float, HalfPrecision.Layers(Float)).Initializers.Single(tensor => tensor.Name == "head.0.linear.weight.half");

        Half[] expected = Array.ConvertAll(single.Floats.ToArray(), value => (Half)value);
        Assert.Equal(expected, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Half>(half.Bytes.Span).ToArray());
        Assert.Equal(expected.Select(value => (float)value), imitated.Floats.ToArray());
        Assert.Equal(single.Shape, half.Shape);
    }

    [Fact]
    public void The_imitation_is_a_float_graph_with_the_same_ends()
    {
        OnnxGraph graph = HalfPrecision.Imitate(Float, HalfPrecision.Layers(Float));

        Assert.Empty(GraphChecker.Check(graph));
        Assert.Equal((Float.Inputs, Float.Outputs), (graph.Inputs, graph.Outputs));
        Assert.DoesNotContain(graph.Initializers, tensor => tensor.Type == ElementType.Float16);
    }

    [Fact]
    public void Layers_in_half_precision_are_not_fused()
    {
        OnnxGraph half = HalfPrecision.Apply(Float, HalfPrecision.Layers(Float));

        Assert.NotSame(Float, LayerFusion.Apply(Float));
        Assert.Same(half, LayerFusion.Apply(half));
    }
}
