using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>Double precision and 64-bit integers where single precision and 32 bits serve: twice the memory, and no fast kernels.</summary>
internal static class WideTypes
{
    private static readonly HashSet<string> Heavy = ["MatMul", "Gemm", "Conv", "TopK", "ReduceMax", "ReduceMin", "ReduceSum", "ArgMax", "ArgMin"];

    public static IEnumerable<Breach> Find(LintedGraph graph)
    {
        Dictionary<string, ElementType> types = Types(graph);
        foreach (OnnxValue input in graph.Graph.Inputs.Where(input => input.Type is ElementType.Float64 or ElementType.Int64))
            yield return Breach.Warning($"input {input} takes 8 bytes per element; float32 or int32 serve");
        string[] wide = [.. graph.Nodes.Where(node => Heavy.Contains(node.Operator) && types.GetValueOrDefault(node.Inputs[0]) == ElementType.Float64).Select(node => node.Label())];
        if (wide.Length > 0) yield return Breach.Warning($"{wide.Few()} work in float64; a float64 constant may have widened what was meant as float32");
        string[] integers = [.. graph.Nodes.Where(node => Heavy.Contains(node.Operator) && types.GetValueOrDefault(node.Inputs[0]) == ElementType.Int64).Select(node => node.Label())];
        if (integers.Length > 0) yield return Breach.Warning($"{integers.Few()} work on int64, for large tensors of indices a burden; use float32 or int32");
    }

    /// <summary>The types that can be told without knowing every operator; a shape's numbers are left out, since they are few.</summary>
    private static Dictionary<string, ElementType> Types(LintedGraph graph)
    {
        Dictionary<string, ElementType> types = [];
        foreach (OnnxValue input in graph.Graph.Inputs) types[input.Name] = input.Type;
        foreach (OnnxTensor tensor in graph.Graphs.SelectMany(it => it.Initializers).Where(it => it.Shape.Aggregate(1L, (product, extent) => product * extent) > 64 || it.Type != ElementType.Int64))
            types[tensor.Name] = tensor.Type;
        foreach (OnnxNode node in graph.Nodes)
        {
            ElementType? type = node.Operator switch
            {
                "Cast" => node.Attribute("to") is long to ? (ElementType)to : null,
                "ArgMax" or "ArgMin" => ElementType.Int64,
                "Where" => Known(1) ?? Known(2),
                "Less" or "LessOrEqual" or "Greater" or "GreaterOrEqual" or "Equal" or "Not" or "And" or "Or" or "IsNaN" => ElementType.Bool,
                "Shape" or "Size" or "Loop" or "If" or "Scan" or "ConstantOfShape" or "Constant" or "NonZero" => null,
                "Add" or "Sub" or "Mul" or "Div" or "Min" or "Max" or "Concat" => Known(0) ?? Known(1),
                _ => Known(0),
            };
            if (type is ElementType known) types[node.Outputs[0]] = known;

            ElementType? Known(int input) => input < node.Inputs.Count && types.TryGetValue(node.Inputs[input], out ElementType found) ? found : null;
        }
        return types;
    }
}
