using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>Before opset 13 softmax joins all axes from its own on into one, and its own is 1 by default; it is the last axis only since.</summary>
internal static class SoftmaxAxis
{
    public static IEnumerable<Breach> Find(LintedGraph graph)
    {
        if (graph.Graph.Opset >= 13) yield break;
        foreach (OnnxNode node in graph.Nodes.Where(node => node.Operator is "Softmax" or "LogSoftmax" && node.Attribute("axis") is not -1L))
            yield return Breach.Warning(
                $"{node.Label()} goes over all axes from {node.Attribute("axis") as long? ?? 1} on together, as opset {graph.Graph.Opset} has it; export with opset 13 or later if only one axis is meant");
    }
}
