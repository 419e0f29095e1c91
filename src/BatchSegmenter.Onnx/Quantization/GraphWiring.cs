using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;

namespace BatchSegmenter.Onnx.Quantization;

/// <summary>Who makes and who reads each tensor of a graph.</summary>
internal sealed class GraphWiring
{
    private readonly Dictionary<string, OnnxNode> _makers = [];
    private readonly ILookup<string, OnnxNode> _readers;
    private readonly HashSet<string> _outputs;
    private readonly Dictionary<string, OnnxTensor> _constants;

    public GraphWiring(OnnxGraph graph)
    {
        foreach (OnnxNode node in graph.Nodes)
            foreach (string output in node.Outputs) _makers[output] = node;
        _readers = graph.Nodes.SelectMany(node => node.Reads().Distinct().Select(input => (input, node))).ToLookup(pair => pair.input, pair => pair.node);
        _outputs = [.. graph.Outputs.Select(output => output.Name)];
        _constants = [];
        foreach (OnnxTensor tensor in graph.Initializers) _constants[tensor.Name] = tensor; // the runtime refuses a name that is there twice
    }

    /// <summary>The node that makes a tensor; null for inputs and constants.</summary>
    public OnnxNode? Maker(string tensor) => _makers.GetValueOrDefault(tensor);

    /// <summary>The node that alone reads a tensor; null where there are several, or none, or the tensor is an output of the graph.</summary>
    public OnnxNode? OnlyReader(string tensor) => !_outputs.Contains(tensor) && _readers[tensor].ToArray() is [OnnxNode reader] ? reader : null;

    /// <summary>The constant that a node reads; null where it reads something else or has no such input.</summary>
    public OnnxTensor? Constant(OnnxNode node, int input) => node.Inputs.Count > input ? _constants.GetValueOrDefault(node.Inputs[input]) : null;

    /// <summary>The constant scale and zero point of bytes that a node reads, one of each for all; null where it reads something else, or the scale is no step.</summary>
    public Int8Scale? Scale(OnnxNode node, int step, int zero) =>
        Constant(node, step) is { Type: ElementType.Float32, Floats: [> 0 and var scale] } && Constant(node, zero) is { Type: ElementType.UInt8, Bytes.Span: [var zeroPoint] } ? new Int8Scale(scale, zeroPoint) : null;

    /// <summary>The constant integers that a node reads; null where it reads something else.</summary>
    public long[]? Longs(OnnxNode node, int input) => Constant(node, input) is { Type: ElementType.Int64 } tensor ? tensor.Longs.ToArray() : null;
}
