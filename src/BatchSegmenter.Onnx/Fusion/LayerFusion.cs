using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Fusion;

/// <summary>Puts <see cref="FusedOperator"/>s into a graph, where its nodes are those of <see cref="Networks.PointNet2Graph.Rewritten"/>.</summary>
public static class LayerFusion
{
    /// <summary>The same function, in fewer nodes; the graph itself where there is nothing to fuse.</summary>
    /// <param name="graph">A network whose neighbourhoods are inputs of type int32.</param>
    public static OnnxGraph Apply(OnnxGraph graph)
    {
        GraphWiring wiring = new(graph);
        HashSet<string> indices = [.. graph.Inputs.Where(input => input.Type == ElementType.Int32).Select(input => input.Name)];
        FusedPart[] parts = [.. graph.Nodes.Select(node => FusedPart.At(wiring, indices, node)).OfType<FusedPart>()];
        if (parts.Length == 0) return graph;

        HashSet<OnnxNode> replaced = new(parts.SelectMany(part => part.Nodes), ReferenceEqualityComparer.Instance);
        Dictionary<OnnxNode, FusedPart> places = new(ReferenceEqualityComparer.Instance);
        foreach (FusedPart part in parts) places[part.Last] = part;
        List<OnnxTensor> constants = [.. graph.Initializers];
        List<OnnxNode> nodes = [];
        foreach (OnnxNode node in graph.Nodes)
        {
            if (places.TryGetValue(node, out FusedPart? part)) nodes.Add(Fused(part, constants));
            else if (!replaced.Contains(node)) nodes.Add(node);
        }
        return UnusedParts.Remove(new OnnxGraph
        {
            Name = graph.Name,
            Opset = graph.Opset,
            Inputs = graph.Inputs,
            Outputs = graph.Outputs,
            Initializers = constants,
            Nodes = nodes,
        });
    }

    private static OnnxNode Fused(FusedPart part, List<OnnxTensor> constants)
    {
        List<string> inputs = [.. part.Inputs];
        foreach ((OnnxTensor weight, OnnxTensor bias) in part.Layers)
        {
            OnnxTensor panels = FusedOperator.Panels($"{part.Last.Name}.{inputs.Count}.panels", weight.Floats, (int)weight.Shape[1]);
            constants.Add(panels);
            inputs.AddRange([panels.Name, bias.Name]);
        }
        return new OnnxNode(part.Operator, part.Last.Name, inputs, part.Last.Outputs, [], FusedOperator.Domain);
    }
}
