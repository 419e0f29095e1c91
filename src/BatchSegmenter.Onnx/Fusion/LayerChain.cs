using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Fusion;

/// <summary>Layers one after another, each read by the next alone.</summary>
/// <param name="Layers">Weights [inputs, outputs] and bias [outputs].</param>
/// <param name="Nodes">The nodes that they are.</param>
/// <param name="Result">The tensor that comes out.</param>
internal sealed record LayerChain(IReadOnlyList<(OnnxTensor Weight, OnnxTensor Bias)> Layers, IReadOnlyList<OnnxNode> Nodes, string Result)
{
    /// <summary>As many layers of <c>Gemm</c> and <c>Relu</c> as follow a tensor; maybe none.</summary>
    public static LayerChain After(GraphWiring wiring, string rows, int most)
    {
        List<(OnnxTensor Weight, OnnxTensor Bias)> layers = [];
        List<OnnxNode> nodes = [];
        while (layers.Count < most
            && wiring.OnlyReader(rows) is { Operator: "Gemm", Domain: "", Attributes.Count: 0, Inputs.Count: 3 } gemm && gemm.Inputs[0] == rows
            && Matrix(wiring, gemm) is { } weight && (layers.Count == 0 || layers[^1].Weight.Shape[1] == weight.Shape[0])
            && wiring.Constant(gemm, 2) is { Type: ElementType.Float32, Shape: [var outputs] } bias && outputs == weight.Shape[1]
            && wiring.OnlyReader(gemm.Outputs[0]) is { Operator: "Relu" } relu)
        {
            layers.Add((weight, bias));
            nodes.AddRange([gemm, relu]);
            rows = relu.Outputs[0];
        }
        return new LayerChain(layers, nodes, rows);
    }

    /// <summary>Whether weights fit what comes out; a chain without layers fits all.</summary>
    public bool Leads(OnnxTensor weight) => Layers.Count == 0 || Layers[^1].Weight.Shape[1] == weight.Shape[0];

    /// <summary>The constant weights of a product.</summary>
    public static OnnxTensor? Matrix(GraphWiring wiring, OnnxNode product) => wiring.Constant(product, 1) is { Type: ElementType.Float32, Shape.Count: 2 } weight ? weight : null;
}
