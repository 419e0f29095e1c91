using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>What leads to an output, and what does not.</summary>
internal static class Reachability
{
    /// <summary>An input that was recorded as a constant, or of which only the shape is read.</summary>
    public static IEnumerable<Breach> InputsWithoutEffect(LintedGraph graph)
    {
        HashSet<string> constants = [.. graph.Graph.Initializers.Select(tensor => tensor.Name)];
        HashSet<string> read = Needed(graph.Graph, throughShapes: false);
        foreach (OnnxValue input in graph.Graph.Inputs.Where(input => !constants.Contains(input.Name) && !read.Contains(input.Name)))
            yield return Breach.Error($"no output depends on the values of input {input}; what was computed from it may have been recorded as a constant when exporting");
    }

    /// <summary>Nodes of the outermost graph from which nothing leads to an output.</summary>
    public static IEnumerable<Breach> UnusedNodes(LintedGraph graph)
    {
        HashSet<string> needed = Needed(graph.Graph, throughShapes: true);
        string[] unused = [.. graph.Graph.Nodes.Where(node => !node.Outputs.Any(needed.Contains)).Select(node => node.Label())];
        return unused.Length == 0 ? [] : [Breach.Warning($"no output depends on {unused.Few()}; remove them")];
    }

    /// <summary>Constants that no node reads; ONNX Runtime warns of each.</summary>
    public static IEnumerable<Breach> UnusedInitializers(LintedGraph graph)
    {
        HashSet<string> read = [.. graph.Nodes.SelectMany(node => node.Inputs), .. graph.Graphs.SelectMany(it => it.Outputs).Select(output => output.Name)];
        string[] unused = [.. graph.Graphs.SelectMany(it => it.Initializers).Select(tensor => tensor.Name).Where(name => !read.Contains(name))];
        return unused.Length == 0 ? [] : [Breach.Warning($"no node reads the initializers {unused.Few()}; remove them")];
    }

    /// <summary>The tensors whose values, not only shapes, are computed from inputs.</summary>
    public static IReadOnlySet<string> ValuesFromInputs(LintedGraph graph)
    {
        HashSet<string> values = [.. graph.Graphs.SelectMany(it => it.Inputs).Select(input => input.Name)];
        values.ExceptWith(graph.Graph.Initializers.Select(tensor => tensor.Name));
        foreach (OnnxNode node in graph.Nodes.Where(node => node.Operator is not ("Shape" or "Size")))
            if (node.Reads().Any(values.Contains)) values.UnionWith(node.Outputs);
        return values;
    }

    private static HashSet<string> Needed(OnnxGraph graph, bool throughShapes)
    {
        HashSet<string> needed = [.. graph.Outputs.Select(output => output.Name)];
        foreach (OnnxNode node in graph.Nodes.Reverse())
            if ((throughShapes || node.Operator is not ("Shape" or "Size")) && node.Outputs.Any(needed.Contains)) needed.UnionWith(node.Reads());
        return needed;
    }
}
