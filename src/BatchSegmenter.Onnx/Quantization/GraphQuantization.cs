using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;

namespace BatchSegmenter.Onnx.Quantization;

/// <summary>
/// Rewrites linear layers of a float graph to integers. What a layer reads becomes unsigned bytes once, before the reshape that lays it out in
/// rows, and by saturation instead of ReLU where ReLU made it. A layer whose rows are pooled stays in integers through the maximum, as its
/// scales are positive and constant over each group: only what is left of it becomes float. Others give float at once
/// (<c>com.microsoft.MatMulIntegerToFloat</c>): giving bytes would take the processor longer than giving float and making bytes of it.
/// </summary>
public sealed class GraphQuantization
{
    /// <summary>The domain of the runtime's own operators.</summary>
    public const string RuntimeDomain = "com.microsoft";

    private readonly Dictionary<string, OnnxNode> _makers = [];
    private readonly ILookup<string, OnnxNode> _readers;
    private readonly HashSet<string> _outputs;
    private readonly List<OnnxTensor> _initializers;
    private readonly List<OnnxNode> _nodes = [];
    private readonly HashSet<string> _made = [];

    private GraphQuantization(OnnxGraph graph)
    {
        foreach (OnnxNode node in graph.Nodes)
            foreach (string output in node.Outputs) _makers[output] = node;
        _readers = graph.Nodes.SelectMany(node => node.Reads().Distinct().Select(input => (input, node))).ToLookup(pair => pair.input, pair => pair.node);
        _outputs = [.. graph.Outputs.Select(output => output.Name)];
        _initializers = [.. graph.Initializers];
    }

    /// <summary>Rewrites a graph.</summary>
    /// <param name="graph">The float graph.</param>
    /// <param name="layers">The layers to rewrite and the scale of what each reads; layers that read the same tensor have the same.</param>
    /// <returns>The graph with the same inputs and outputs.</returns>
    public static OnnxGraph Apply(OnnxGraph graph, IReadOnlyDictionary<LinearNode, Int8Scale> layers)
    {
        GraphQuantization rewriting = new(graph);
        Dictionary<string, (LinearNode Layer, Int8Scale Scale)> byName = layers.ToDictionary(pair => pair.Key.Name, pair => (pair.Key, pair.Value));
        HashSet<OnnxNode> replaced = [];
        foreach (OnnxNode node in graph.Nodes)
        {
            if (replaced.Contains(node)) continue;
            if (byName.TryGetValue(node.Name, out (LinearNode Layer, Int8Scale Scale) found)) replaced.UnionWith(rewriting.Rewrite(found.Layer, found.Scale));
            else rewriting._nodes.Add(node);
        }
        return UnusedParts.Remove(new OnnxGraph
        {
            Name = graph.Name,
            Opset = graph.Opset,
            Inputs = graph.Inputs,
            Outputs = graph.Outputs,
            Initializers = rewriting._initializers,
            Nodes = rewriting._nodes,
        });
    }

    /// <summary>Writes a layer as integers.</summary>
    /// <returns>Nodes after it that it replaces.</returns>
    private IEnumerable<OnnxNode> Rewrite(LinearNode layer, Int8Scale scale)
    {
        string name = layer.Name, output = layer.Node.Outputs[0];
        string rows = Bytes(layer.Input, scale);
        Int8Weights quantized = Int8Weights.Of(layer.Weight.Floats, layer.Outputs);
        string weights = Constant($"{name}.int8.weight", ElementType.Int8, MemoryMarshal.AsBytes<sbyte>(quantized.Values), layer.Weight.Shape);
        string zero = Constant($"{layer.Input}.zero", ElementType.UInt8, [scale.ZeroPoint], []);
        if (layer.Bias is null && Pooling(output) is var (reshape, max))
        {
            string sums = Node("MatMulInteger", $"{name}.int8", [rows, weights, zero]);
            string groups = Node("Reshape", $"{reshape.Name}.int8", [sums, reshape.Inputs[1]]);
            string largest = Node("ReduceMax", $"{max.Name}.int8", [groups], [.. max.Attributes]);
            string real = Node("Cast", $"{max.Name}.real", [largest], new OnnxAttribute("to", (long)ElementType.Float32));
            float[] steps = [.. quantized.Scales.Select(step => step * scale.Scale)];
            string step = Constant($"{name}.int8.scale", ElementType.Float32, MemoryMarshal.AsBytes<float>(steps), [layer.Outputs]);
            _nodes.Add(new OnnxNode("Mul", max.Name, [real, step], max.Outputs, []));
            return [reshape, max];
        }

        string[] inputs =
        [
            rows, weights,
            Constant($"{layer.Input}.scale", ElementType.Float32, MemoryMarshal.AsBytes<float>([scale.Scale]), []),
            Constant($"{name}.int8.scale", ElementType.Float32, MemoryMarshal.AsBytes<float>(quantized.Scales), [layer.Outputs]),
            zero,
        ];
        if (layer.Bias is { } bias) inputs = [.. inputs, "", bias.Name];
        _nodes.Add(new OnnxNode("MatMulIntegerToFloat", name, inputs, [output], [], RuntimeDomain));
        return [];
    }

    /// <summary>A tensor as bytes. Several layers may read it; it is quantised for the first.</summary>
    private string Bytes(string tensor, Int8Scale scale)
    {
        string bytes = $"{tensor}.bytes";
        if (!_made.Add(bytes)) return bytes;
        OnnxNode? maker = _makers.GetValueOrDefault(tensor);
        if (maker is { Operator: "Reshape" })
        {
            _nodes.Add(new OnnxNode("Reshape", bytes, [Bytes(maker.Inputs[0], scale), maker.Inputs[1]], [bytes], maker.Attributes));
            return bytes;
        }
        string source = maker is { Operator: "Relu" } && scale.ZeroPoint == 0 ? maker.Inputs[0] : tensor;
        string step = Constant($"{tensor}.scale", ElementType.Float32, MemoryMarshal.AsBytes<float>([scale.Scale]), []);
        string zero = Constant($"{tensor}.zero", ElementType.UInt8, [scale.ZeroPoint], []);
        _nodes.Add(new OnnxNode("QuantizeLinear", bytes, [source, step, zero], [bytes], []));
        return bytes;
    }

    /// <summary>The reshape to [groups, neighbours, channels] and the maximum over neighbours that alone read a tensor of rows; null for others.</summary>
    private (OnnxNode Reshape, OnnxNode Max)? Pooling(string rows)
    {
        OnnxNode? reshape = OnlyReader(rows), max = reshape is { Operator: "Reshape" } ? OnlyReader(reshape.Outputs[0]) : null;
        bool overNeighbours = max is { Operator: "ReduceMax" } && max.Attribute("axes") is long[] and [1];
        return overNeighbours && reshape!.Inputs[0] == rows ? (reshape, max!) : null;
    }

    private OnnxNode? OnlyReader(string tensor) => !_outputs.Contains(tensor) && _readers[tensor].ToArray() is [OnnxNode reader] ? reader : null;

    private string Node(string @operator, string name, string[] inputs, params OnnxAttribute[] attributes)
    {
        _nodes.Add(new OnnxNode(@operator, name, inputs, [name], attributes));
        return name;
    }

    private string Constant(string name, ElementType type, ReadOnlySpan<byte> bytes, IReadOnlyList<long> shape)
    {
        if (_made.Add(name)) _initializers.Add(new OnnxTensor(name, type, shape, bytes.ToArray()));
        return name;
    }
}
