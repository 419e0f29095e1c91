using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>
/// Batch or point count written into a constant by tracing: the inputs look dynamic, but the graph works at one shape alone. Certain where
/// a Reshape of computed values leaves no extent open; elsewhere told by the numbers of points in <see cref="GraphLintOptions.PointCounts"/>.
/// </summary>
internal static class BakedShapes
{
    private static readonly Dictionary<string, int> ShapeInput = new() { ["Reshape"] = 1, ["Expand"] = 1, ["Tile"] = 1, ["ConstantOfShape"] = 0, ["Range"] = 1 };

    public static IEnumerable<Breach> Find(LintedGraph graph)
    {
        IReadOnlySet<string> computed = Reachability.ValuesFromInputs(graph);
        bool open = graph.Graph.Inputs.Any(input => input.Shape.Any(extent => extent.Size is null));
        // A number that is also a width of the network proves nothing.
        HashSet<long> widths = [.. graph.Graphs.SelectMany(it => it.Initializers).Where(it => it.Type == ElementType.Float32).SelectMany(it => it.Shape)];

        foreach (OnnxNode node in graph.Nodes.Where(node => node.IsStandard() && ShapeInput.ContainsKey(node.Operator)))
        {
            if (graph.Integers(node, ShapeInput[node.Operator]) is not { } shape) continue;
            string text = $"[{string.Join(", ", shape)}]";
            bool closed = node.Operator == "Reshape" && shape.All(extent => extent > 0) && shape.Any(extent => extent > 1);
            if (closed && open && computed.Contains(node.Inputs[0]))
                yield return Breach.Error($"{node.Label()} reshapes to {text}, which fixes batch and point count; leave an extent open (-1) and compute the others from the input's shape");
            else if (shape.Intersect(graph.Options.PointCounts).ToArray() is { Length: > 0 } counts)
                yield return new(
                    counts.Any(count => !widths.Contains(count)) ? FindingSeverity.Error : FindingSeverity.Warning,
                    $"{node.Label()} has the constant {text}, in which {counts[0]} is a number of points; compute it from the input's shape");
        }

        foreach (OnnxTensor tensor in graph.Graphs.SelectMany(it => it.Initializers))
            if (tensor.Type is ElementType.Int64 or ElementType.Int32 or ElementType.Bool && tensor.Shape.Intersect(graph.Options.PointCounts).Any())
                yield return Breach.Error($"initializer {tensor.Name} has the shape [{string.Join(", ", tensor.Shape)}], a number per point of the sample that was exported; compute it from the input's shape");
    }
}
