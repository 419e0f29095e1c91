using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Quantization;

/// <summary>A linear layer in a float graph that integers can compute: <c>MatMul</c> or <c>Gemm</c> with constant weights.</summary>
/// <param name="Node">The node.</param>
/// <param name="Weight">[inputs, outputs], float32.</param>
/// <param name="Bias">[outputs], float32; null for none.</param>
/// <param name="Pooling">What takes the largest of its rows, group by group; null where nothing does.</param>
public sealed record LinearNode(OnnxNode Node, OnnxTensor Weight, OnnxTensor? Bias, Pooling? Pooling)
{
    /// <summary>
    /// Below so many input channels a layer is as fast in float, as its rows take longer to quantise than to multiply (measured with
    /// ONNX Runtime 1.31 and VNNI: 15 to 128 channels took as long both ways, 32 to 32 a quarter less with integers; fused, 16 to 16 and 16 to 32 took
    /// as long both ways).
    /// </summary>
    public const int LeastInputs = 32;

    /// <summary>The same for output channels: the scores of a few classes are not worth it.</summary>
    public const int LeastOutputs = 16;

    /// <summary>The node's name.</summary>
    public string Name => Node.Name;

    /// <summary>The tensor that is multiplied.</summary>
    public string Input => Node.Inputs[0];

    /// <summary>Rows of the weights.</summary>
    public int Inputs => (int)Weight.Shape[0];

    /// <summary>Columns of the weights.</summary>
    public int Outputs => (int)Weight.Shape[1];

    /// <summary>The layers of a graph that are worth it, in its order; those within loops are left out.</summary>
    public static IReadOnlyList<LinearNode> Find(OnnxGraph graph) => Find(graph, LeastInputs, LeastOutputs);

    internal static IReadOnlyList<LinearNode> Find(OnnxGraph graph, int leastInputs, int leastOutputs)
    {
        GraphWiring wiring = new(graph);
        return [.. graph.Nodes.Select(Layer).OfType<LinearNode>()];

        LinearNode? Layer(OnnxNode node)
        {
            bool plain = node is { Operator: "MatMul", Domain: "" } or { Operator: "Gemm", Domain: "", Attributes.Count: 0 };
            if (!plain || wiring.Constant(node, 1) is not { Type: ElementType.Float32, Shape: [var inputs, var outputs] } weight || wiring.Constant(node, 0) is not null) return null;
            if (inputs < leastInputs || outputs < leastOutputs) return null;
            bool hasBias = node.Inputs.Count > 2 && node.Inputs[2].Length > 0;
            if (!hasBias) return new LinearNode(node, weight, null, Pooling.Find(wiring, node));
            return wiring.Constant(node, 2) is { Type: ElementType.Float32, Shape: [long biases] } bias && biases == outputs ? new LinearNode(node, weight, bias, null) : null;
        }
    }
}

/// <summary>The scales of a layer.</summary>
/// <param name="Input">Of what it reads.</param>
/// <param name="Pooled">Of the largest of each group; null where its rows are not pooled.</param>
/// <param name="LargestWeight">The largest value of its weights' bytes, of <see cref="Int8Weights"/>.</param>
public readonly record struct LayerScales(Int8Scale Input, Int8Scale? Pooled, int LargestWeight = Int8Weights.LargestInFours);
