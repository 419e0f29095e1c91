using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Fusion;

/// <summary>Nodes of a graph that one operator computes.</summary>
/// <param name="Operator">The operator.</param>
/// <param name="Inputs">What it reads before its layers.</param>
/// <param name="Layers">Weights and biases.</param>
/// <param name="Nodes">The nodes that it stands for, of which nothing else reads but the result of the last.</param>
internal sealed record FusedPart(string Operator, IReadOnlyList<string> Inputs, IReadOnlyList<ChainLayer> Layers, IReadOnlyList<OnnxNode> Nodes)
{
    /// <summary>The node whose place the operator takes: all that it reads is known there.</summary>
    public OnnxNode Last => Nodes[^1];

    /// <summary>The part that a node is the mark of: it adds a point's own row to what was gathered or interpolated, or takes the largest of what was gathered. Null for other nodes.</summary>
    /// <param name="wiring">The graph's.</param>
    /// <param name="indices">The inputs of type int32, with their second extent where it is fixed.</param>
    /// <param name="node">The node.</param>
    public static FusedPart? At(GraphWiring wiring, IReadOnlyDictionary<string, long?> indices, OnnxNode node) => node.Operator switch
    {
        "Add" when ActivatedRows.Of(wiring, node.Outputs[0]) is { } activated => Grouped(wiring, indices, node, activated) ?? Interpolated(wiring, indices, node, activated),
        "ReduceMax" when Pooling.IsOverNeighbours(node) => Largest(wiring, indices, node),
        _ => null,
    };

    private static FusedPart? Largest(GraphWiring wiring, IReadOnlyDictionary<string, long?> indices, OnnxNode max) =>
        Made(wiring, max.Inputs[0], "Gather") is { Attributes.Count: 0 } gather && indices.ContainsKey(gather.Inputs[1])
            ? new FusedPart(FusedOperator.LargestNeighbors, [gather.Inputs[0], gather.Inputs[1]], [], [gather, max])
            : null;

    /// <summary>Gather, add, ReLU, layers, the largest, bias.</summary>
    private static FusedPart? Grouped(GraphWiring wiring, IReadOnlyDictionary<string, long?> indices, OnnxNode add, ActivatedRows activated)
    {
        if (GroupedRows.Find(wiring, indices, add) is not { } rows) return null;
        if (wiring.OnlyReader(activated.Tensor) is not { Operator: "Reshape" } flat || wiring.Longs(flat, 1) is not [-1, > 0 and var width]) return null;
        LayerChain chain = LayerChain.After(wiring, activated with { Tensor = flat.Outputs[0] }, FusedOperator.MostLayers - 1);
        if (LargestOfLayer.After(wiring, chain.Result, rows.IsByNeighbour) is not { } last || last.Neighbours != indices[rows.Neighbors]) return null;
        if (width != (chain.Layers.Count > 0 ? chain.Layers[0] : last.Layer).Weight.Shape[0] || !chain.Leads(last.Layer.Weight)) return null;
        return new FusedPart(
            FusedOperator.GroupedLayers, [rows.Points, rows.Samples, rows.Neighbors], [.. chain.Layers, last.Layer],
            [.. rows.Nodes, add, activated.Node, flat, .. chain.Nodes, .. chain.Layers.Count > 0 ? (OnnxNode[])[chain.Result.Node] : [], .. last.Nodes]);
    }

    /// <summary>Three rows gathered and weighted, their sum, add, ReLU, layers.</summary>
    private static FusedPart? Interpolated(GraphWiring wiring, IReadOnlyDictionary<string, long?> indices, OnnxNode add, ActivatedRows activated)
    {
        if (Made(wiring, add.Inputs[0], "Add") is not { } sum || Made(wiring, sum.Inputs[0], "Add") is not { } firstTwo) return null;
        Weighted?[] three = [Weighted.Find(wiring, firstTwo.Inputs[0], 0), Weighted.Find(wiring, firstTwo.Inputs[1], 1), Weighted.Find(wiring, sum.Inputs[1], 2)];
        if (three is not [{ } one, { } two, { } last] || !one.IsLike(two) || !one.IsLike(last) || !indices.ContainsKey(one.Nearest)) return null;
        LayerChain chain = LayerChain.After(wiring, activated, FusedOperator.MostLayers);
        return new FusedPart(
            FusedOperator.InterpolatedLayers, [one.Coarse, one.Nearest, one.Weights, add.Inputs[1]], chain.Layers,
            [.. one.Nodes, .. two.Nodes, firstTwo, .. last.Nodes, sum, add, .. chain.Layers.Count > 0 ? (OnnxNode[])[activated.Node] : [], .. chain.Nodes, .. chain.Result.InFloat]);
    }

    private static OnnxNode? Made(GraphWiring wiring, string tensor, string @operator) =>
        wiring.Maker(tensor) is { Domain: "" } maker && maker.Operator == @operator && wiring.OnlyReader(tensor) is not null ? maker : null;

    /// <summary>One of the three: rows of <paramref name="Coarse"/> times its column of <paramref name="Weights"/>.</summary>
    private sealed record Weighted(string Coarse, string Nearest, string Weights, OnnxNode[] Nodes)
    {
        public bool IsLike(Weighted other) => (Coarse, Nearest, Weights) == (other.Coarse, other.Nearest, other.Weights);

        public static Weighted? Find(GraphWiring wiring, string tensor, long neighbor)
        {
            if (Made(wiring, tensor, "Mul") is not { } product) return null;
            if (Made(wiring, product.Inputs[0], "Gather") is not { Attributes.Count: 0 } features || Made(wiring, product.Inputs[1], "Gather") is not { } weights) return null;
            if (Made(wiring, features.Inputs[1], "Gather") is not { } rows || !IsColumn(wiring, rows, neighbor) || !IsColumn(wiring, weights, neighbor)) return null;
            return new Weighted(features.Inputs[0], rows.Inputs[0], weights.Inputs[0], [rows, weights, features, product]);
        }

        private static bool IsColumn(GraphWiring wiring, OnnxNode gather, long column) => gather.Attribute("axis") is 1L && wiring.Longs(gather, 1) is [var found] && found == column;
    }
}
