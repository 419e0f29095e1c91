using System.Globalization;

namespace BatchSegmenter.Onnx.Graph;

/// <summary>An attribute of a node.</summary>
/// <param name="Name">The name that the operator's definition gives it.</param>
/// <param name="Value">
/// A <see cref="long"/>, <see cref="float"/>, <see cref="string"/>, <c>long[]</c>, <c>float[]</c>, <see cref="OnnxTensor"/>, or the
/// <see cref="OnnxGraph"/> that a node such as <c>Loop</c> runs, which may read tensors of the graphs around it.
/// </param>
public sealed record OnnxAttribute(string Name, object Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value switch
    {
        long[] values => $"{Name}=[{string.Join(", ", values)}]",
        float[] values => string.Create(CultureInfo.InvariantCulture, $"{Name}=[{string.Join(", ", values)}]"),
        OnnxTensor tensor => $"{Name}={tensor.TypeAndShape}",
        OnnxGraph graph => $"{Name}={graph.ToString().TrimEnd().Replace("\n", "\n        ", StringComparison.Ordinal)}",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Name}={Value}"),
    };
}

/// <summary>One application of an operator.</summary>
/// <param name="Operator">The operator's name, such as <c>Gemm</c>.</param>
/// <param name="Name">Unique within the graph.</param>
/// <param name="Inputs">Names of the tensors read, empty for an optional input left out.</param>
/// <param name="Outputs">Names of the tensors made.</param>
/// <param name="Attributes">In the order written.</param>
/// <param name="Domain">Empty for the operators of ONNX itself.</param>
public sealed record OnnxNode(
    string Operator,
    string Name,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<string> Outputs,
    IReadOnlyList<OnnxAttribute> Attributes,
    string Domain = "")
{
    /// <summary><c>out = Operator(a, b) {axis=0}</c>.</summary>
    public override string ToString()
    {
        string attributes = Attributes.Count == 0 ? "" : $" {{{string.Join(", ", Attributes)}}}";
        return $"{string.Join(", ", Outputs)} = {Operator}({string.Join(", ", Inputs)}){attributes}";
    }
}
