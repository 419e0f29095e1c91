using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>The arithmetic of a network, as its graph tells.</summary>
public static class NetworkPrecision
{
    /// <summary>Single precision.</summary>
    public const string Fp32 = "fp32";

    /// <summary>Half precision.</summary>
    public const string Fp16 = "fp16";

    /// <summary>Integers of 8 bits, where the network was quantised; what was left out of that is in <see cref="Fp32"/>.</summary>
    public const string Int8 = "int8";

    private static readonly HashSet<string> Quantized =
        ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearMatMul", "MatMulInteger", "QGemm", "QLinearConv", "ConvInteger"];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [Fp32, Fp16, Int8];

    /// <summary>That of a graph: int8 if any node quantises, else fp16 if any weights are, else fp32.</summary>
    public static string Of(OnnxGraph graph) =>
        graph.Nodes.Any(node => Quantized.Contains(node.Operator)) ? Int8
        : graph.Initializers.Any(tensor => tensor.Type == ElementType.Float16) ? Fp16
        : Fp32;
}
