using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Fusion;

/// <summary>The last layer of groups, of whose rows the largest are taken before the bias is added.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Neighbours">Rows of a group.</param>
/// <param name="Nodes">The nodes that it and the maximum are.</param>
internal sealed record LargestOfLayer(ChainLayer Layer, long Neighbours, IReadOnlyList<OnnxNode> Nodes)
{
    /// <summary>What follows rows; null where it is something else.</summary>
    /// <param name="wiring">The graph's.</param>
    /// <param name="rows">Of all groups.</param>
    /// <param name="isByNeighbour">Whether they are laid out [neighbours, groups].</param>
    public static LargestOfLayer? After(GraphWiring wiring, ActivatedRows rows, bool isByNeighbour)
    {
        if (wiring.OnlyReader(rows.Tensor) is not { } product || product.Inputs[0] != rows.Tensor) return null;
        return rows.Step is null ? InFloat(wiring, product, isByNeighbour) : InBytes(wiring, product, rows.Step.Value, isByNeighbour);
    }

    private static LargestOfLayer? InFloat(GraphWiring wiring, OnnxNode product, bool isByNeighbour)
    {
        if (isByNeighbour || product is not { Operator: "MatMul", Domain: "" } || ChainLayer.Matrix(wiring, product) is not { } weight) return null;
        if (Pooling.Find(wiring, product) is not { Neighbours: { } neighbours } pooling || Biased(wiring, pooling.Pooled, weight) is not var (add, bias)) return null;
        return new LargestOfLayer(new ChainLayer(product, weight, bias), neighbours, [product, pooling.Reshape, pooling.Max, add]);
    }

    /// <summary>The form of <see cref="GraphQuantization"/>.</summary>
    private static LargestOfLayer? InBytes(GraphWiring wiring, OnnxNode product, float step, bool isByNeighbour)
    {
        if (!isByNeighbour || product is not { Operator: "QLinearMatMul", Domain: "", Inputs.Count: 8 } || ChainLayer.Bytes(wiring, product, 3) is not { } values) return null;
        if (wiring.Scale(product, 1, 2) is not { ZeroPoint: 0 } scale || scale.Scale != step || wiring.Scale(product, 6, 7) is not { } pooled) return null;
        if (ChainLayer.Vector(wiring, product, 4, values) is not { } steps || wiring.Constant(product, 5) is not { Type: ElementType.Int8 } zeros || zeros.Bytes.Span.ContainsAnyExcept((byte)0)) return null;

        if (wiring.OnlyReader(product.Outputs[0]) is not { Operator: "Reshape" } image || wiring.Longs(image, 1) is not [1, > 0 and var neighbours, -1, var channels] || channels != values.Shape[1]) return null;
        if (wiring.OnlyReader(image.Outputs[0]) is not { Operator: "NhwcMaxPool", Attributes.Count: 1 } max || max.Attribute("kernel_shape") is not long[] window || window is not [var high, 1] || high != neighbours) return null;
        if (wiring.OnlyReader(max.Outputs[0]) is not { Operator: "Reshape" } flat || wiring.Longs(flat, 1) is not [-1, var width] || width != channels) return null;
        if (wiring.OnlyReader(flat.Outputs[0]) is not { Operator: "DequantizeLinear" } real || wiring.Scale(real, 1, 2) != pooled || Biased(wiring, real.Outputs[0], values) is not var (add, bias)) return null;
        OnnxTensor terms = FusedOperator.ByteTerms($"{product.Outputs[0]}.terms", values.Bytes.Span, steps.Floats, bias.Floats, step, pooled);
        return new LargestOfLayer(new ChainLayer(product, values, terms), neighbours, [product, image, max, flat, real, add]);
    }

    private static (OnnxNode Add, OnnxTensor Bias)? Biased(GraphWiring wiring, string largest, OnnxTensor weight) =>
        wiring.OnlyReader(largest) is { Operator: "Add" } add && ChainLayer.Vector(wiring, add, 1, weight) is { } bias ? (add, bias) : null;
}
