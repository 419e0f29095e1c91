namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>Networks that also return features of their coarsest level, which nobody reads.</summary>
internal static class ExtraOutputs
{
    public static IEnumerable<Breach> Find(LintedGraph graph)
    {
        if (graph.Graph.Outputs.Count > 1)
            yield return Breach.Warning($"the graph has {graph.Graph.Outputs.Count} outputs ({string.Join(", ", graph.Graph.Outputs)}), but only the scores are read; export them alone");
    }
}
