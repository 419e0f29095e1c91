using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Serialization;

namespace BatchSegmenter.Onnx.Tests.Passes;

internal static class SampleGraphs
{
    /// <summary>A graph from <c>x: float32[points, 3]</c> to <c>y</c>, the last node's only output.</summary>
    public static OnnxGraph Of(IReadOnlyList<OnnxNode> nodes, IReadOnlyList<OnnxTensor>? initializers = null, int opset = 17, OnnxValue? input = null) => new()
    {
        Name = "sample",
        Opset = opset,
        Inputs = [input ?? new("x", ElementType.Float32, ["points", 3])],
        Outputs = [new("y", ElementType.Float32, ["points", 3])],
        Initializers = initializers ?? [],
        Nodes = nodes,
    };

    /// <summary>A node that bears its first output's name.</summary>
    public static OnnxNode Node(string @operator, string[] inputs, string output, params OnnxAttribute[] attributes) =>
        new(@operator, output, inputs, [output], attributes);

    public static OnnxTensor Integers(string name, params long[] values) =>
        new(name, ElementType.Int64, [values.Length], MemoryMarshal.AsBytes<long>(values).ToArray());

    public static OnnxTensor Floats(string name, params float[] values) =>
        new(name, ElementType.Float32, [values.Length], MemoryMarshal.AsBytes<float>(values).ToArray());

    /// <summary>A body that hands its condition on and takes the square of its state, read from outside by <paramref name="read"/>.</summary>
    public static OnnxGraph Body(string read) => new()
    {
        Name = "body",
        Opset = 17,
        Inputs = [new("turn", ElementType.Int64, []), new("go", ElementType.Bool, []), new("state", ElementType.Float32, ["points", 3])],
        Outputs = [new("go_on", ElementType.Bool, []), new("next", ElementType.Float32, ["points", 3])],
        Initializers = [],
        Nodes = [Node("Identity", ["go"], "go_on"), Node("Mul", ["state", read], "next")],
    };

    /// <summary>The network of the bundle that is delivered.</summary>
    public static OnnxGraph Delivered() =>
        OnnxReader.Read(Path.Combine(BatchSegmenter.Tests.SharedFiles.Repository, "pipelines", "models", "aerial", "model.onnx"));
}
