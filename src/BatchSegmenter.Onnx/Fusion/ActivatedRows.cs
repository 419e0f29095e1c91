using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Fusion;

/// <summary>Rows after ReLU, in float or as bytes.</summary>
/// <param name="Node">What makes them of the numbers before: <c>Relu</c>, or <c>QuantizeLinear</c> with the byte 0 for 0, which does the same by saturating.</param>
/// <param name="Tensor">The tensor that is read next.</param>
/// <param name="Step">The step between two bytes; null for float.</param>
internal sealed record ActivatedRows(OnnxNode Node, string Tensor, float? Step)
{
    /// <summary>What a tensor becomes that nothing else reads; null where that is something else.</summary>
    public static ActivatedRows? Of(GraphWiring wiring, string tensor) => wiring.OnlyReader(tensor) switch
    {
        { Operator: "Relu" } relu => new ActivatedRows(relu, relu.Outputs[0], null),
        { Operator: "QuantizeLinear" } bytes when bytes.Inputs[0] == tensor && wiring.Scale(bytes, 1, 2) is { ZeroPoint: 0 } scale => new ActivatedRows(bytes, bytes.Outputs[0], scale.Scale),
        _ => null,
    };

    /// <summary>The nodes up to the last that gives float, with the ReLU that a fused operator does on its own: making bytes of what comes out is left to the runtime.</summary>
    public IEnumerable<OnnxNode> InFloat => Step is null ? [Node] : [];
}
