using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Passes;
using BatchSegmenter.Onnx.Quantization;
using BatchSegmenter.Onnx.Serialization;
using BatchSegmenter.Onnx.Tests.Networks;

namespace BatchSegmenter.Onnx.Tests.Quantization;

/// <summary>The form of quantised graphs; what they compute is tested where the runtime is.</summary>
public sealed class GraphQuantizationTests
{
    /// <summary>One level and one propagation, of layers wide enough to be worth it: middle ones, a last one that is pooled, and scores that are too few.</summary>
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
    public void Finds_the_layers_that_are_worth_it()
    {
        IReadOnlyList<LinearNode> layers = LinearNode.Find(Float);

        Assert.Equal(["levels.0.0.1.linear", "levels.0.0.2.linear", "propagation.0.0.coarse", "propagation.0.1.linear", "head.0.linear"], layers.Select(layer => layer.Name));
        Assert.Equal([(32, 32), (32, 48), (48, 40), (40, 32), (32, 32)], layers.Select(layer => (layer.Inputs, layer.Outputs)));
        LinearNode pooled = Assert.Single(layers, layer => layer.Pooling is not null);
        Assert.Equal(("levels.0.0.2.linear", "levels.0.0.max", 8), (pooled.Name, pooled.Pooling!.Pooled, pooled.Pooling.Neighbours));
        Assert.Equal("levels.0.0.grouped", pooled.Pooling.Groups!.Gather.Name);
    }

    [Fact]
    public void Is_valid_and_has_the_same_ends()
    {
        OnnxGraph graph = Quantized(_ => true);

        Assert.Empty(GraphChecker.Check(graph));
        // That other servers can't run it is said, and is all that is said.
        Assert.Equal(["runtime-operator"], GraphLint.Check(graph).Select(finding => finding.Rule));
        Assert.Equal(Float.Inputs, graph.Inputs);
        Assert.Equal(Float.Outputs, graph.Outputs);
        OnnxGraph read = OnnxReader.Read(OnnxWriter.Write(graph), "quantised");
        Assert.Equal(graph.ToString(), read.ToString());
    }

    [Fact]
    public void The_bytes_name_the_domain_of_the_runtime()
    {
        // An ONNX file that uses a domain without importing it is invalid.
        Assert.DoesNotContain(GraphQuantization.RuntimeDomain, System.Text.Encoding.Latin1.GetString(OnnxWriter.Write(Float)));
        Assert.Equal(
            1 + Quantized(_ => true).Nodes.Count(node => node.Domain == GraphQuantization.RuntimeDomain),
            System.Text.Encoding.Latin1.GetString(OnnxWriter.Write(Quantized(_ => true))).Split(GraphQuantization.RuntimeDomain).Length - 1);
    }

    [Fact]
    public void Relu_before_a_layer_becomes_saturation()
    {
        OnnxGraph graph = Quantized(_ => true);

        // Only what is read as float keeps its ReLU: what the scores read.
        Assert.Equal(["head.0.relu"], graph.Nodes.Where(node => node.Operator == "Relu").Select(node => node.Name));
        OnnxNode first = graph.Nodes.First(node => node.Operator == "QuantizeLinear");
        Assert.Equal("levels.0.0.0.linear", first.Inputs[0]);
        Assert.Equal(0, graph.Initializers.Single(tensor => tensor.Name == first.Inputs[2]).Bytes.Span[0]);
    }

    [Fact]
    public void Relu_stays_where_the_zero_point_is_not_zero()
    {
        LinearNode layer = LinearNode.Find(Float)[0];
        OnnxGraph graph = GraphQuantization.Apply(Float, new Dictionary<LinearNode, LayerScales> { [layer] = new(new Int8Scale(0.1f, 7), null) });

        Assert.Contains(graph.Nodes, node => node.Name == "levels.0.0.0.relu");
    }

    [Fact]
    public void Pooled_rows_stay_bytes_up_to_the_maximum()
    {
        OnnxGraph graph = Quantized(layer => layer.Pooling is not null);

        Assert.DoesNotContain(graph.Nodes, node => node.Operator == "ReduceMax");
        OnnxNode pool = graph.Nodes.Single(node => node.Operator == "NhwcMaxPool");
        // Laid out by neighbour: the window is a column of eight.
        Assert.Equal([8L, 1L], Assert.IsType<long[]>(pool.Attributes.Single().Value));
        Assert.Contains(graph.Nodes, node => node.Operator == "Transpose" && node.Inputs[0] == "neighbors_1_0");
        Assert.DoesNotContain(graph.Nodes, node => node.Operator == "Unsqueeze");
    }

    [Fact]
    public void Layers_that_are_left_out_stay_as_they_are()
    {
        OnnxGraph graph = Quantized(layer => layer.Name == "head.0.linear");

        Assert.Equal(
            Float.Nodes.Select(node => node.ToString()).Where(text => !text.Contains("head.0.linear", StringComparison.Ordinal)).Except(["propagation.0.1.relu = Relu(propagation.0.1.linear)"]),
            graph.Nodes.Where(node => node.Operator is not ("QuantizeLinear" or "MatMulIntegerToFloat")).Select(node => node.ToString()).Where(text => !text.Contains("head.0.linear", StringComparison.Ordinal)));
    }

    [Fact]
    public void Float_weights_are_gone()
    {
        OnnxGraph graph = Quantized(_ => true);

        Assert.DoesNotContain(graph.Initializers, tensor => tensor.Name is "levels.0.0.1.weight" or "levels.0.0.1.linear.weight");
        Assert.True(OnnxWriter.Write(graph).Length < 0.6 * OnnxWriter.Write(Float).Length);
    }

    private static OnnxGraph Quantized(Func<LinearNode, bool> which) => GraphQuantization.Apply(
        Float, LinearNode.Find(Float).Where(which).ToDictionary(layer => layer, layer => new LayerScales(Int8Scale.Of(0, 4), layer.Pooling is null ? null : Int8Scale.Of(-1, 4))));
}
