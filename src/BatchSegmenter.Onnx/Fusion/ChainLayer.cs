using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Fusion;

/// <summary>A layer that a fused operator does.</summary>
/// <param name="Product">The node that multiplies.</param>
/// <param name="Weight">[inputs, outputs], float32, or int8 where it is computed in integers.</param>
/// <param name="Terms">The bias [outputs], or <see cref="FusedOperator.ByteTerms"/>.</param>
internal sealed record ChainLayer(OnnxNode Product, OnnxTensor Weight, OnnxTensor Terms)
{
    /// <summary>The layer that a tensor is read by alone; null where that is none.</summary>
    public static ChainLayer? After(GraphWiring wiring, ActivatedRows rows)
    {
        if (wiring.OnlyReader(rows.Tensor) is not { } product || product.Inputs[0] != rows.Tensor) return null;
        if (rows.Step is null)
        {
            bool isLayer = product is { Operator: "Gemm", Domain: "", Attributes.Count: 0, Inputs.Count: 3 };
            return isLayer && Matrix(wiring, product) is { } weight && Vector(wiring, product, 2, weight) is { } bias ? new ChainLayer(product, weight, bias) : null;
        }
        bool isByteLayer = product is { Operator: "MatMulIntegerToFloat", Domain: GraphQuantization.RuntimeDomain, Inputs: [_, _, _, _, _, "", _] };
        if (!isByteLayer || Bytes(wiring, product, 1) is not { } values || wiring.Scale(product, 2, 4) is not { ZeroPoint: 0 } scale || scale.Scale != rows.Step) return null;
        return Vector(wiring, product, 3, values) is { } steps && Vector(wiring, product, 6, values) is { } byteBias
            ? new ChainLayer(product, values, FusedOperator.ByteTerms($"{product.Outputs[0]}.terms", values.Bytes.Span, steps.Floats, byteBias.Floats, scale.Scale, pooled: null))
            : null;
    }

    /// <summary>Whether no sum is so large in steps of what it becomes that it is no 32-bit integer.</summary>
    public bool Fits(ActivatedRows next)
    {
        if (next.Step is not { } step || Weight.Type == ElementType.Float32) return true;
        double most = 0;
        for (int column = 0; column < Terms.Shape[0]; column++)
        {
            ReadOnlySpan<float> own = Terms.Floats.Slice(column * (int)Terms.Shape[1]);
            most = Math.Max(most, (double)own[0] * byte.MaxValue * Int8Weights.Largest * Weight.Shape[0] + Math.Abs(own[1]));
        }
        return most / step < int.MaxValue;
    }

    /// <summary>The constant weights of a product.</summary>
    public static OnnxTensor? Matrix(GraphWiring wiring, OnnxNode product) => wiring.Constant(product, 1) is { Type: ElementType.Float32, Shape.Count: 2 } weight ? weight : null;

    /// <summary>The constant weights of a product of bytes, if they are small enough for it.</summary>
    public static OnnxTensor? Bytes(GraphWiring wiring, OnnxNode product, int input) =>
        wiring.Constant(product, input) is { Type: ElementType.Int8, Shape.Count: 2 } weight
        && !MemoryMarshal.Cast<byte, sbyte>(weight.Bytes.Span).ContainsAnyExceptInRange<sbyte>(-Int8Weights.Largest, Int8Weights.Largest) ? weight : null;

    /// <summary>A constant number for each output.</summary>
    public static OnnxTensor? Vector(GraphWiring wiring, OnnxNode product, int input, OnnxTensor weight) =>
        wiring.Constant(product, input) is { Type: ElementType.Float32, Shape: [var outputs] } vector && outputs == weight.Shape[1] ? vector : null;
}
