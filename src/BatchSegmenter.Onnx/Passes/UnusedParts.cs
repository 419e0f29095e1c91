using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes;

/// <summary>Takes away nodes and constants of which no output of the graph knows.</summary>
public static class UnusedParts
{
    /// <summary>The graph without them; inputs and outputs stay.</summary>
    public static OnnxGraph Remove(OnnxGraph graph)
    {
        HashSet<string> needed = [.. graph.Outputs.Select(output => output.Name)];
        List<OnnxNode> nodes = [];
        foreach (OnnxNode node in graph.Nodes.Reverse())
        {
            if (!node.Outputs.Any(needed.Contains)) continue;
            needed.UnionWith(node.Reads());
            nodes.Add(node);
        }
        nodes.Reverse();
        return new OnnxGraph
        {
            Name = graph.Name,
            Opset = graph.Opset,
            Inputs = graph.Inputs,
            Outputs = graph.Outputs,
            Initializers = [.. graph.Initializers.Where(tensor => needed.Contains(tensor.Name))],
            Nodes = nodes,
        };
    }
}
