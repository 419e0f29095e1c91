using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Fusion;

/// <summary>Layers one after another, each read by the next alone.</summary>
/// <param name="Layers">In their order.</param>
/// <param name="Nodes">The nodes that they are, without what makes <paramref name="Result"/>.</param>
/// <param name="Result">What comes out.</param>
internal sealed record LayerChain(IReadOnlyList<ChainLayer> Layers, IReadOnlyList<OnnxNode> Nodes, ActivatedRows Result)
{
    /// <summary>As many layers as follow rows; maybe none.</summary>
    public static LayerChain After(GraphWiring wiring, ActivatedRows rows, int most)
    {
        LayerChain chain = new([], [], rows);
        while (chain.Layers.Count < most && ChainLayer.After(wiring, chain.Result) is { } layer && chain.Leads(layer.Weight)
            && ActivatedRows.Of(wiring, layer.Product.Outputs[0]) is { } next && layer.Fits(next))
            chain = new LayerChain([.. chain.Layers, layer], [.. chain.Nodes, .. chain.Layers.Count > 0 ? (OnnxNode[])[chain.Result.Node] : [], layer.Product], next);
        return chain;
    }

    /// <summary>Whether weights fit what comes out; a chain without layers fits all.</summary>
    public bool Leads(OnnxTensor weight) => Layers.Count == 0 || Layers[^1].Weight.Shape[1] == weight.Shape[0];
}
