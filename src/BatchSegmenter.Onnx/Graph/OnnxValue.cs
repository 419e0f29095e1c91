namespace BatchSegmenter.Onnx.Graph;

/// <summary>An input or output of a graph: its name, element type and shape.</summary>
/// <param name="Name">The name by which callers bind a tensor.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">One entry per axis, outermost first.</param>
public sealed record OnnxValue(string Name, ElementType Type, IReadOnlyList<Dimension> Shape)
{
    /// <summary><c>name: float32[points0, 3]</c>.</summary>
    public override string ToString() => $"{Name}: {TypeAndShape}";

    /// <summary>The part after the name: <c>float32[points0, 3]</c>.</summary>
    public string TypeAndShape => $"{Type.ToString().ToLowerInvariant()}[{string.Join(", ", Shape)}]";
}
