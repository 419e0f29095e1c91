using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes.Rules;

namespace BatchSegmenter.Onnx.Passes;

/// <summary>
/// The mistakes that exports of point networks are known for: valid graphs that are slow, that work at one shape alone, or that compute
/// something else than the network. See <see cref="Rules"/> for what is looked for.
/// </summary>
public static class GraphLint
{
    /// <summary>Every rule, in the order in which findings are given.</summary>
    internal static IReadOnlyList<LintRule> Rules { get; } =
    [
        .. OperatorRule.All,
        new("unrolled-loop", UnrolledLoops.Find),
        new("large-top-k", LargeTopK.Find),
        new("baked-input", BakedInputs.Find),
        new("baked-shape", BakedShapes.Find),
        new("training-mode", TrainingMode.Find),
        new("input-without-effect", Reachability.InputsWithoutEffect),
        new("unused-node", Reachability.UnusedNodes),
        new("unused-initializer", Reachability.UnusedInitializers),
        new("wide-type", WideTypes.Find),
        new("softmax-axis", SoftmaxAxis.Find),
        new("extra-output", ExtraOutputs.Find),
    ];

    /// <summary>Looks through a graph and the graphs within it. The graph should have passed <see cref="GraphChecker"/>.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="options">What its description declares; null for a graph built here that gets its neighbourhoods as inputs.</param>
    /// <returns>What was found, by rule; errors mean that the graph must not be used. Empty for a good graph.</returns>
    public static IReadOnlyList<GraphFinding> Check(OnnxGraph graph, GraphLintOptions? options = null)
    {
        LintedGraph linted = new(graph, options ?? new GraphLintOptions());
        return [.. Rules.SelectMany(rule => rule.Find(linted).Select(found => new GraphFinding(rule.Id, found.Severity, found.Message)))];
    }
}
