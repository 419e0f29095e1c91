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
        // The operators compute in single precision, and types of tensors are not known here.
        if (graph.Initializers.Any(tensor => tensor.Type == ElementType.Float16)) return graph;
        // A ReLU of what is no number is 0 to them, which would hide that a network is broken.
        if (graph.Initializers.Any(tensor => tensor.Type == ElementType.Float32 && tensor.Floats.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))) return graph;
        GraphWiring wiring = new(graph);
        Dictionary<string, long?> indices = graph.Inputs.Where(input => input.Type == ElementType.Int32).ToDictionary(input => input.Name, input => input.Shape is [_, var perRow] ? perRow.Size : null);
        FusedPart[] parts = [.. graph.Nodes.Select(node => FusedPart.At(wiring, indices, node)).OfType<FusedPart>()];
        if (parts.Length == 0) return graph;

        HashSet<OnnxNode> replaced = new(parts.SelectMany(part => part.Nodes), ReferenceEqualityComparer.Instance);
        Dictionary<OnnxNode, FusedPart> places = new(ReferenceEqualityComparer.Instance);
        foreach (FusedPart part in parts) places[part.Last] = part;
        List<OnnxTensor> made = [];
        List<OnnxNode> nodes = [];
        List<OnnxValue> results = [];
        foreach (OnnxNode node in graph.Nodes)
        {
            if (!places.TryGetValue(node, out FusedPart? part))
            {
                if (!replaced.Contains(node)) nodes.Add(node);
                continue;
            }
            nodes.Add(Fused(part, made));
            // So that the runtime still finds layers that do not fit each other when it loads the network.
            if (part.Layers.Count > 0) results.Add(new OnnxValue(node.Outputs[0], ElementType.Float32, [default, part.Layers[^1].Terms.Shape[0]]));
        }

        // What nobody ever read stays: it is for the runtime to complain of.
        HashSet<string> read = [.. nodes.SelectMany(node => node.Reads())];
        HashSet<string> given = [.. replaced.SelectMany(node => node.Reads()).Except(read)];
        return new OnnxGraph
        {
            Name = graph.Name,
            Opset = graph.Opset,
            Inputs = graph.Inputs,
            Outputs = graph.Outputs,
            Initializers = [.. graph.Initializers.Where(tensor => !given.Contains(tensor.Name)), .. made],
            Nodes = nodes,
            Intermediates = results,
        };
    }

    private static OnnxNode Fused(FusedPart part, List<OnnxTensor> made)
    {
        List<string> inputs = [.. part.Inputs];
        foreach (ChainLayer layer in part.Layers)
        {
            (string name, OnnxTensor weight) = ($"{part.Last.Outputs[0]}.{inputs.Count}.panels", layer.Weight);
            bool inFloat = weight.Type == ElementType.Float32;
            OnnxTensor laidOut = inFloat ? FusedOperator.Panels(name, weight.Floats, (int)weight.Shape[1]) : FusedOperator.BytePanels(name, weight.Bytes.Span, (int)weight.Shape[1]);
            made.Add(laidOut);
            if (!inFloat) made.Add(layer.Terms);
            inputs.AddRange([laidOut.Name, layer.Terms.Name]);
        }
        return new OnnxNode(part.Operator, part.Last.Name, inputs, part.Last.Outputs, [], FusedOperator.Domain);
    }
}
