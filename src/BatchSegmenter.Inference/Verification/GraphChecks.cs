using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Passes;

namespace BatchSegmenter.Inference.Verification;

/// <summary>What can be said of a bundle's graph without running it.</summary>
internal static class GraphChecks
{
    /// <summary>Whether the graph is valid ONNX.</summary>
    public static VerificationCheck Validity(ModelBundle bundle) => Of(
        "graph", GraphChecker.Check(bundle.Graph), FormattableString.Invariant($"{bundle.Graph.Nodes.Count} nodes of opset {bundle.Graph.Opset} are valid ONNX"));

    /// <summary>Whether it has one of the known pitfalls of conversion.</summary>
    public static VerificationCheck Pitfalls(ModelBundle bundle)
    {
        ModelDescription description = bundle.Description;
        GraphLintOptions options = new()
        {
            NeighbourhoodsInside = description.Neighbourhoods == NeighbourhoodPlace.Inside,
            Foreign = description.Architecture is ForeignNetworkDescription,
            DeclaredInputs = description.Neighbourhoods == NeighbourhoodPlace.Outside ? PointNet2Graph.Inputs(description.PointNet2) : Declared(bundle),
            PointCounts = [description.Input.Block.Points],
        };
        return Of("pitfalls", GraphLint.Check(bundle.Graph, options), "none of the known pitfalls of conversion");
    }

    /// <summary>An input may fix its points where they are those of a block, which the description declares.</summary>
    private static IReadOnlyList<OnnxValue> Declared(ModelBundle bundle) =>
        bundle.Points is { FixedPoints: int points } && points == bundle.Description.Input.Block.Points ? bundle.Graph.Inputs : [];

    private static VerificationCheck Of(string name, IReadOnlyList<GraphFinding> findings, string none)
    {
        CheckOutcome outcome = findings.Count == 0 ? CheckOutcome.Passed
            : findings.Any(finding => finding.Severity == FindingSeverity.Error) ? CheckOutcome.Failed
            : CheckOutcome.Warned;
        return new VerificationCheck(name, null, outcome, findings.Count == 0 ? none : string.Join("; ", findings));
    }
}
