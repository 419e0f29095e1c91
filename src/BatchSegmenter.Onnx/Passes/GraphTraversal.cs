using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes;

/// <summary>What passes ask of nodes, whichever graph within a graph they stand in.</summary>
internal static class GraphTraversal
{
    /// <summary>How a message names a node: unnamed ones by what they make.</summary>
    public static string Label(this OnnxNode node) =>
        $"{(node.Name.Length > 0 ? node.Name : node.Outputs.FirstOrDefault(output => output.Length > 0) ?? "an unnamed node")} ({node.Operator})";

    /// <summary>Whether the operator is ONNX's own.</summary>
    public static bool IsStandard(this OnnxNode node) => node.Domain is "" or "ai.onnx";

    /// <summary>The graphs that a node runs: a loop's body, a condition's branches.</summary>
    public static IEnumerable<OnnxGraph> Graphs(this OnnxNode node) =>
        node.Attributes.Select(attribute => attribute.Value).OfType<OnnxGraph>();

    /// <summary>The graph and those within it, outermost first.</summary>
    public static IEnumerable<OnnxGraph> WithInner(this OnnxGraph graph) =>
        graph.Nodes.SelectMany(node => node.Graphs()).SelectMany(WithInner).Prepend(graph);

    /// <summary>The value of an attribute, or null where it is not given.</summary>
    public static object? Attribute(this OnnxNode node, string name) =>
        node.Attributes.FirstOrDefault(attribute => attribute.Name == name)?.Value;

    /// <summary>What a node reads: its inputs, and what the graphs within it read of the graphs around them.</summary>
    public static IEnumerable<string> Reads(this OnnxNode node) => node.Inputs.Where(input => input.Length > 0).Concat(
        node.Graphs().SelectMany(inner => inner.Nodes.SelectMany(Reads).Concat(inner.Outputs.Select(output => output.Name))));

    /// <summary>At most five of many names, and how many there are more.</summary>
    public static string Few(this IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(5)) + (names.Count > 5 ? $" and {names.Count - 5} more" : "");
}
