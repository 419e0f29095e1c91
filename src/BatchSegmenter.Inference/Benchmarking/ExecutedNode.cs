using System.Text.Json;
using BatchSegmenter.Onnx.Fusion;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>One node that the runtime executed, after its own rewrites, with the shapes that its tensors had then.</summary>
/// <param name="Operator">The operator, such as <c>FusedGemm</c>.</param>
/// <param name="Inputs">The shapes of the inputs, in order; empty for a scalar.</param>
/// <param name="Outputs">The shapes of the outputs, in order.</param>
/// <param name="Seconds">What it took.</param>
public sealed record ExecutedNode(string Operator, IReadOnlyList<long[]> Inputs, IReadOnlyList<long[]> Outputs, double Seconds)
{
    private const string KernelTime = "_kernel_time";

    /// <summary>The rows of groups that pass through layers; null for all of them.</summary>
    internal ExecutedRows? Rows { get; init; }

    /// <summary>
    /// The products of two numbers that a node of matrix products or a convolution adds up; 0 for every other operator, whose work is small
    /// beside and of another kind.
    /// </summary>
    public long MultiplyAdds => Operator is "Conv" or "FusedConv" or "QLinearConv" or "ConvInteger" ? OfConvolution() : Products.Sum(product => product.MultiplyAdds);

    /// <summary>The matrix products that the node does; none for other operators.</summary>
    public IReadOnlyList<MatrixProduct> Products => Operator switch
    {
        // However the first operand lies, its elements are rows times depth.
        "Gemm" or "FusedGemm" or "QGemm" => [Of(depth: Elements(Inputs[0]) / Math.Max(1, Outputs[0][0]))],
        "FusedMatMul" => [Of(depth: Elements(Inputs[0]) * Outputs[0][^1] / Math.Max(1, Elements(Outputs[0])))],
        "MatMul" or "MatMulInteger" or "QLinearMatMul" or "MatMulIntegerToFloat" or "DynamicQuantizeMatMul" => [Of(depth: Inputs[0][^1])],
        FusedOperator.GroupedLayers => OfLayers(Rows?.Of(Inputs[2]) ?? Elements(Inputs[2])),
        FusedOperator.InterpolatedLayers => OfLayers(Inputs[1][0]),
        _ => [],
    };

    /// <summary>Runs a network once and tells which nodes it executed, in their order.</summary>
    /// <param name="bundle">The network.</param>
    /// <param name="options">Provider and threads, as in the runs that this is to explain.</param>
    /// <param name="run">Does one run.</param>
    /// <param name="rows">Of the batch that is run; null to count all.</param>
    internal static IReadOnlyList<ExecutedNode> Of(ModelBundle bundle, SegmentationModelOptions options, Action<SegmentationModel> run, ExecutedRows? rows = null)
    {
        string folder = Directory.CreateTempSubdirectory("batchsegmenter-profile-").FullName;
        try
        {
            using SegmentationModel model = SegmentationModel.Load(bundle, options with { ProfilePrefix = Path.Combine(folder, "nodes") });
            run(model);
            return [.. Read(File.ReadAllBytes(model.EndProfile())).Select(node => node with { Rows = rows })];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Reads the runtime's profile, a JSON list of events of which those of the nodes' kernels count.</summary>
    internal static IReadOnlyList<ExecutedNode> Read(ReadOnlyMemory<byte> profile)
    {
        using JsonDocument events = JsonDocument.Parse(profile);
        return
        [
            .. from it in events.RootElement.EnumerateArray()
               where it.GetProperty("name").GetString()!.EndsWith(KernelTime, StringComparison.Ordinal)
               let details = it.GetProperty("args")
               select new ExecutedNode(
                   details.GetProperty("op_name").GetString()!, Shapes(details, "input_type_shape"), Shapes(details, "output_type_shape"), it.GetProperty("dur").GetInt64() / 1e6),
        ];
    }

    private static long[][] Shapes(JsonElement details, string key) =>
        [.. details.GetProperty(key).EnumerateArray().Select(tensor => tensor.EnumerateObject().First().Value.EnumerateArray().Select(extent => extent.GetInt64()).ToArray())];

    private static long Elements(long[] shape) => shape.Aggregate(1L, (product, extent) => product * extent);

    private MatrixProduct Of(long depth) => new(Elements(Outputs[0]) / Math.Max(1, Outputs[0][^1]), depth, Outputs[0][^1]);

    /// <summary>A matrix and a bias for each layer; the matrix has columns of zeros behind those that count.</summary>
    private MatrixProduct[] OfLayers(long rows)
    {
        int first = FusedOperator.FirstLayer(Operator);
        return [.. Enumerable.Range(0, (Inputs.Count - first) / 2).Select(layer => new MatrixProduct(rows, Inputs[first + 2 * layer][0], Inputs[first + 2 * layer + 1][0]))];
    }

    /// <summary>Each output takes a filter: weights are [filters, ...], the second operand (the fourth of a quantised one).</summary>
    private long OfConvolution()
    {
        long[] weights = Operator == "QLinearConv" ? Inputs[3] : Inputs[1];
        return Elements(Outputs[0]) * (Elements(weights) / Math.Max(1, weights[0]));
    }
}

/// <summary>The shape of a product of two matrices, [<paramref name="Rows"/>, <paramref name="Depth"/>] by [<paramref name="Depth"/>, <paramref name="Columns"/>].</summary>
/// <param name="Rows">Rows of the result.</param>
/// <param name="Depth">Products that each element adds up.</param>
/// <param name="Columns">Columns of the result.</param>
public sealed record MatrixProduct(long Rows, long Depth, long Columns)
{
    /// <summary>The products added up.</summary>
    public long MultiplyAdds => Rows * Depth * Columns;
}
