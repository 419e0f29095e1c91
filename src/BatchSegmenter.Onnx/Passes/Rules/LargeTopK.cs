using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>A sort of all points to keep a few becomes a TopK with K = N.</summary>
internal static class LargeTopK
{
    /// <summary>More than this TensorRT refuses.</summary>
    private const long Largest = 3840;

    public static IEnumerable<Breach> Find(LintedGraph graph)
    {
        foreach (OnnxNode node in graph.Nodes.Where(node => node.Operator == "TopK" && node.IsStandard()))
        {
            if ((node.Attribute("k") as long? ?? graph.Integers(node, 1)?.FirstOrDefault()) is not long k)
            {
                // Where the number of coarse points may fall below three, a graph must compute its K.
                if (!graph.Options.NeighbourhoodsInside) yield return Breach.Warning($"{node.Label()} computes its K when it runs, which TensorRT refuses; make it a constant");
            }
            else if (k > Largest)
                yield return Breach.Error($"{node.Label()} keeps K = {k}, but TensorRT takes at most {Largest}, and a full sort is slow; replace the sort by topk of the neighbours wanted");
        }
    }
}
