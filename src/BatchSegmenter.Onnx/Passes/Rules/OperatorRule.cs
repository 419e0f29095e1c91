using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>Rules that object to certain operators, wherever they stand.</summary>
internal static class OperatorRule
{
    public static IReadOnlyList<LintRule> All { get; } =
    [
        Error("non-zero", ["NonZero", "Compress", "Unique"],
            "have outputs whose size depends on the values, which other servers can't run; choose with where() or min() instead of a mask"),
        Error("scatter", ["Scatter", "ScatterND", "ScatterElements"],
            "give whatever comes last where an index repeats, which runtimes do in different orders; write where(), min() or gather() instead of assigning to parts of a tensor"),
        Error("random", ["RandomUniform", "RandomUniformLike", "RandomNormal", "RandomNormalLike", "Multinomial", "Bernoulli"],
            "make every run differ; start the sampling at index 0"),
        new("control-flow", graph => graph.Options.NeighbourhoodsInside ? [] : Find(
            graph, FindingSeverity.Error, node => node.Operator is "Loop" or "If" or "Scan",
            "are control flow, which a graph that gets its neighbourhoods as inputs does not need; declare \"neighbourhoods\": \"inside\" or take the sampling out")),
        new("leftover-batch-norm", graph => Find(
            graph, Cost(graph), node => node.Operator == "BatchNormalization",
            "could be folded into the layers before them; export after eval(), or convert the checkpoint")),
        new("leftover-dropout", graph => Find(
            graph, Cost(graph), node => node.Operator == "Dropout", "do nothing when a network is used; export after eval()")),
        new("resize", graph => Find(
            graph, FindingSeverity.Warning, node => node.Operator is "Resize" or "Upsample",
            "belong to images, and their scales are often fixed by the sample that was exported; check that other numbers of points work")),
        new("custom-operator", graph => Find(
            graph, FindingSeverity.Error, node => !node.IsStandard() && node.Domain != "com.microsoft",
            "are operators that native libraries bring, which are not loaded; write them with ONNX's own operators", standard: false)),
        new("runtime-operator", graph => Find(
            graph, FindingSeverity.Warning, node => node.Domain == "com.microsoft",
            "are known to ONNX Runtime alone, other servers can't run them", standard: false)),
    ];

    private static LintRule Error(string id, string[] operators, string reason) =>
        new(id, graph => Find(graph, FindingSeverity.Error, node => operators.Contains(node.Operator), reason));

    private static FindingSeverity Cost(LintedGraph graph) => graph.Options.Foreign ? FindingSeverity.Warning : FindingSeverity.Error;

    private static IEnumerable<Breach> Find(LintedGraph graph, FindingSeverity severity, Func<OnnxNode, bool> broken, string reason, bool standard = true)
    {
        string[] nodes = [.. graph.Nodes.Where(node => node.IsStandard() == standard && broken(node)).Select(node => node.Label())];
        return nodes.Length == 0 ? [] : [new(severity, $"{nodes.Few()} {reason}")];
    }
}
