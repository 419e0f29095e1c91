using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Tests.Networks;

namespace BatchSegmenter.Onnx.Tests.Fusion;

/// <summary>The form of fused graphs; what they compute is tested where the runtime is.</summary>
public sealed class LayerFusionTests
{
    private static readonly PointNet2Weights Weights = PointNet2Weights.Random(SampleNetworks.TwoLevels(), 1);
    private static readonly OnnxGraph Plain = PointNet2Graph.Plain(Weights), Rewritten = PointNet2Graph.Rewritten(Weights);

    [Fact]
    public void Every_group_and_every_interpolation_is_one_node()
    {
        OnnxGraph fused = LayerFusion.Apply(Rewritten);

        // The scale with a single layer has nothing but a maximum, and the scores' layer no ReLU.
        Assert.Equal(
            [
                "levels.0.0.1.biased = GroupedLayers(levels.0.0.0.point, levels.0.0.0.sample, neighbors_1_0, levels.0.0.1.biased.3.panels, levels.0.0.1.bias)",
                "levels.0.1.max = LargestNeighbors(levels.0.1.0.point, neighbors_1_1)",
                "levels.1.0.2.biased = GroupedLayers(levels.1.0.0.point, levels.1.0.0.sample, neighbors_2_0, levels.1.0.2.biased.3.panels, levels.1.0.1.linear.bias, levels.1.0.2.biased.5.panels, levels.1.0.2.bias)",
            ],
            fused.Nodes.Where(node => node.Domain == FusedOperator.Domain && node.Operator != FusedOperator.InterpolatedLayers).Select(node => node.ToString()));
        Assert.Equal(2, fused.Nodes.Count(node => node.Operator == FusedOperator.InterpolatedLayers));
        Assert.DoesNotContain(fused.Nodes, node => node.Operator is "ReduceMax" or "Mul");
        Assert.Equal((Rewritten.Inputs, Rewritten.Outputs), (fused.Inputs, fused.Outputs));
    }

    [Fact]
    public void Weights_are_kept_once()
    {
        OnnxGraph fused = LayerFusion.Apply(Rewritten);
        HashSet<string> read = [.. fused.Nodes.SelectMany(node => node.Inputs)];
        Assert.All(fused.Initializers, tensor => Assert.Contains(tensor.Name, read));
    }

    [Fact]
    public void The_width_of_what_comes_out_is_told()
    {
        OnnxGraph fused = LayerFusion.Apply(Rewritten);
        OnnxValue result = Assert.Single(fused.Intermediates, it => it.Name == "levels.1.0.2.biased");
        Assert.Equal([default, 24], result.Shape);
    }

    [Fact]
    public void Another_form_of_the_network_stays() => Assert.Same(Plain, LayerFusion.Apply(Plain));

    [Fact]
    public void A_tensor_that_someone_else_reads_stays()
    {
        OnnxGraph watched = With(outputs: [.. Rewritten.Outputs, new("levels.0.0.0.relu", ElementType.Float32, [default, default, 8])]);
        Assert.DoesNotContain(LayerFusion.Apply(watched).Nodes, node => node is { Operator: FusedOperator.GroupedLayers, Name: "levels.0.0.1.biased" });
        Assert.Contains(LayerFusion.Apply(watched).Nodes, node => node is { Operator: FusedOperator.GroupedLayers, Name: "levels.1.0.2.biased" });
    }

    [Fact]
    public void Long_indices_stay()
    {
        OnnxGraph wide = With(inputs: [.. Rewritten.Inputs.Select(input => input.Name == "neighbors_2_0" ? input with { Type = ElementType.Int64 } : input)]);
        Assert.Equal(["levels.0.0.1.biased"], LayerFusion.Apply(wide).Nodes.Where(node => node.Operator == FusedOperator.GroupedLayers).Select(node => node.Name));
    }

    [Fact]
    public void A_network_with_a_weight_that_is_no_number_stays()
    {
        byte[] bytes = [.. BitConverter.GetBytes(float.NaN), .. Rewritten.Initializers.Single(it => it.Name == "levels.1.0.2.bias").Bytes.Span[sizeof(float)..]];
        OnnxGraph broken = With(initializers: [.. Rewritten.Initializers.Select(it => it.Name == "levels.1.0.2.bias" ? it with { Bytes = bytes } : it)]);
        Assert.Same(broken, LayerFusion.Apply(broken));
    }

    /// <summary>Groups of another size than the indices have rows are groups across samples.</summary>
    [Fact]
    public void Groups_of_other_rows_than_a_sample_has_neighbours_stay()
    {
        OnnxGraph uneven = With(inputs: [.. Rewritten.Inputs.Select(input => input.Name == "neighbors_2_0" ? input with { Shape = [input.Shape[0], 2 * input.Shape[1].Size!.Value] } : input)]);
        Assert.Equal(["levels.0.0.1.biased"], LayerFusion.Apply(uneven).Nodes.Where(node => node.Operator == FusedOperator.GroupedLayers).Select(node => node.Name));
    }

    /// <summary>For the runtime to refuse, which names the node.</summary>
    [Fact]
    public void Layers_that_do_not_fit_each_other_stay()
    {
        OnnxGraph broken = With(initializers: [.. Rewritten.Initializers.Select(it => it.Name == "levels.1.0.2.weight" ? it with { Shape = [24, 16] } : it)]);
        Assert.Equal(["levels.0.0.1.biased"], LayerFusion.Apply(broken).Nodes.Where(node => node.Operator == FusedOperator.GroupedLayers).Select(node => node.Name));
    }

    private static OnnxGraph With(IReadOnlyList<OnnxValue>? inputs = null, IReadOnlyList<OnnxValue>? outputs = null, IReadOnlyList<OnnxTensor>? initializers = null) => new()
    {
        Name = Rewritten.Name,
        Opset = Rewritten.Opset,
        Inputs = inputs ?? Rewritten.Inputs,
        Outputs = outputs ?? Rewritten.Outputs,
        Initializers = initializers ?? Rewritten.Initializers,
        Nodes = Rewritten.Nodes,
    };
}
