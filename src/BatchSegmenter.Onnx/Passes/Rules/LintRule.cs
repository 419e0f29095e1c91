using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>A rule of <see cref="GraphLint"/>.</summary>
/// <param name="Id">Kebab case; what a finding bears.</param>
/// <param name="Find">What breaks the rule.</param>
internal sealed record LintRule(string Id, Func<LintedGraph, IEnumerable<Breach>> Find);

/// <summary>Where a rule is broken: which nodes, how, and what to do.</summary>
internal readonly record struct Breach(FindingSeverity Severity, string Message)
{
    public static Breach Error(string message) => new(FindingSeverity.Error, message);

    public static Breach Warning(string message) => new(FindingSeverity.Warning, message);
}

/// <summary>A graph with what several rules ask of it.</summary>
internal sealed class LintedGraph
{
    private readonly Dictionary<string, OnnxTensor> _constants = [];

    public LintedGraph(OnnxGraph graph, GraphLintOptions options)
    {
        (Graph, Options) = (graph, options);
        Graphs = [.. graph.WithInner()];
        Nodes = [.. Graphs.SelectMany(it => it.Nodes)];
        foreach (OnnxTensor tensor in Graphs.SelectMany(it => it.Initializers)) _constants[tensor.Name] = tensor;
        foreach (OnnxNode node in Nodes.Where(node => node.Operator == "Constant" && node.Outputs.Count == 1))
            if (node.Attribute("value") is OnnxTensor tensor) _constants[node.Outputs[0]] = tensor;
    }

    public OnnxGraph Graph { get; }

    public GraphLintOptions Options { get; }

    /// <summary>The graph and those within it.</summary>
    public IReadOnlyList<OnnxGraph> Graphs { get; }

    /// <summary>The nodes of all of them.</summary>
    public IReadOnlyList<OnnxNode> Nodes { get; }

    /// <summary>The constant of a name, or null where a node computes it.</summary>
    public OnnxTensor? Constant(string name) => _constants.GetValueOrDefault(name);

    /// <summary>The numbers of a node's int64 input if it is constant, else null.</summary>
    public long[]? Integers(OnnxNode node, int input) =>
        input < node.Inputs.Count && Constant(node.Inputs[input]) is { Type: ElementType.Int64 } tensor
            ? MemoryMarshal.Cast<byte, long>(tensor.Bytes.Span).ToArray()
            : null;
}
