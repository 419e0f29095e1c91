using System.Text;

namespace BatchSegmenter.Onnx.Graph;

/// <summary>
/// A whole network: inputs, constants, nodes in an order in which they can run, outputs. Immutable; made by
/// <see cref="GraphBuilder"/> or read by <see cref="Serialization.OnnxReader"/>.
/// </summary>
public sealed class OnnxGraph
{
    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the ONNX operator set that the nodes mean.</summary>
    public required int Opset { get; init; }

    /// <summary>What callers bind.</summary>
    public required IReadOnlyList<OnnxValue> Inputs { get; init; }

    /// <summary>What callers get.</summary>
    public required IReadOnlyList<OnnxValue> Outputs { get; init; }

    /// <summary>Weights and other constants.</summary>
    public required IReadOnlyList<OnnxTensor> Initializers { get; init; }

    /// <summary>Types and shapes of tensors between nodes which do not follow from the operators. Default: none; the reader leaves them out.</summary>
    public IReadOnlyList<OnnxValue> Intermediates { get; init; } = [];

    /// <summary>Each node reads only inputs, constants and outputs of nodes before it; in a graph within a node, also those known around the node.</summary>
    public required IReadOnlyList<OnnxNode> Nodes { get; init; }

    /// <summary>The graph as text, one line per input, constant, node and output.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append("graph ").Append(Name).Append(" (opset ").Append(Opset).Append(")\n");
        foreach (OnnxValue input in Inputs) text.Append("  in    ").Append(input).Append('\n');
        foreach (OnnxTensor tensor in Initializers)
            text.Append("  const ").Append(tensor.Name).Append(": ").Append(tensor.TypeAndShape).Append('\n');
        foreach (OnnxNode node in Nodes) text.Append("  node  ").Append(node).Append('\n');
        foreach (OnnxValue output in Outputs) text.Append("  out   ").Append(output).Append('\n');
        return text.ToString();
    }
}
