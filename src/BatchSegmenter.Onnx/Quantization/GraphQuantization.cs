using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;

namespace BatchSegmenter.Onnx.Quantization;

/// <summary>
/// Rewrites linear layers of a float graph to integers. What a layer reads becomes unsigned bytes once, before the reshape that lays it out in
/// rows, and by saturation instead of ReLU where ReLU made it. A layer whose rows are pooled gives bytes, of which the largest are taken: the
/// bytes need only reach as far down as the largest do. Others give float at once (<c>com.microsoft.MatMulIntegerToFloat</c>): giving bytes
/// with a bias takes the runtime longer than giving float and making bytes of it.
/// </summary>
public sealed class GraphQuantization
{
    /// <summary>The domain of the runtime's own operators.</summary>
    public const string RuntimeDomain = "com.microsoft";

    private readonly GraphWiring _wiring;
    private readonly List<OnnxTensor> _initializers;
    private readonly List<OnnxNode> _nodes = [];
    private readonly HashSet<string> _made = [];

    private GraphQuantization(OnnxGraph graph)
    {
        _wiring = new GraphWiring(graph);
        _initializers = [.. graph.Initializers];
    }

    /// <summary>Rewrites a graph.</summary>
    /// <param name="graph">The float graph.</param>
    /// <param name="layers">The layers to rewrite, of <see cref="LinearNode.Find(OnnxGraph)"/>, and their scales; layers that read the same tensor have the same.</param>
    /// <returns>The graph with the same inputs and outputs.</returns>
    public static OnnxGraph Apply(OnnxGraph graph, IReadOnlyDictionary<LinearNode, LayerScales> layers)
    {
        GraphQuantization rewriting = new(graph);
        Dictionary<OnnxNode, Action> rewritten = new(ReferenceEqualityComparer.Instance);
        foreach ((LinearNode layer, LayerScales scales) in layers)
        {
            rewritten[layer.Node] = () => rewriting.Multiply(layer, scales);
            if (layer.Pooling is not { } pooling) continue;
            (rewritten[pooling.Reshape], rewritten[pooling.Max]) = (() => { }, () => rewriting.Pool(layer, pooling, scales));
            if (pooling.Groups is not { } groups) continue;
            rewritten[groups.Gather] = () => rewriting.GatherByNeighbour(groups.Gather);
            rewritten[groups.Add] = () => rewriting._nodes.Add(groups.Add with { Inputs = [groups.Add.Inputs[0], groups.PerGroup] });
        }

        foreach (OnnxNode node in graph.Nodes)
        {
            if (rewritten.TryGetValue(node, out Action? rewrite)) rewrite();
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

    private void Multiply(LinearNode layer, LayerScales scales)
    {
        string name = layer.Name, input = layer.Input;
        string rows = Bytes(input, scales.Input);
        Int8Weights weights = Int8Weights.Of(layer.Weight.Floats, layer.Outputs, scales.LargestWeight);
        string values = Constant($"{name}.int8.weight", ElementType.Int8, MemoryMarshal.AsBytes<sbyte>(weights.Values), layer.Weight.Shape);
        string steps = Constant($"{name}.int8.scale", ElementType.Float32, MemoryMarshal.AsBytes<float>(weights.Scales), [layer.Outputs]);
        (string step, string zero) = Scale(input, scales.Input);
        if (layer.Pooling is { } pooling)
        {
            string zeros = Constant($"{name}.int8.zero", ElementType.Int8, new byte[layer.Outputs], [layer.Outputs]);
            (string outStep, string outZero) = Scale(pooling.Pooled, scales.Pooled!.Value);
            Node("QLinearMatMul", Rows(layer), [rows, step, zero, values, steps, zeros, outStep, outZero]);
            return;
        }

        string[] inputs = [rows, values, step, steps, zero];
        if (layer.Bias is { } bias) inputs = [.. inputs, "", bias.Name];
        _nodes.Add(new OnnxNode("MatMulIntegerToFloat", name, inputs, [layer.Node.Outputs[0]], [], RuntimeDomain));
    }

    /// <summary>The largest of each group, as float. The runtime takes the maximum of bytes fastest as that of an image, of which a side is the neighbours.</summary>
    private void Pool(LinearNode layer, Pooling pooling, LayerScales scales)
    {
        (string name, string bytes, int channels) = (pooling.Max.Name, Rows(layer), layer.Outputs);
        (string step, string zero) = Scale(pooling.Pooled, scales.Pooled!.Value);
        if (pooling.Neighbours is not int neighbours)
        {
            string groups = Node("Reshape", $"{name}.groups", [bytes, pooling.Reshape.Inputs[1]]);
            string most = Node("ReduceMax", $"{name}.int8", [groups], [.. pooling.Max.Attributes]);
            _nodes.Add(new OnnxNode("DequantizeLinear", name, [most, step, zero], pooling.Max.Outputs, []));
            return;
        }

        bool byNeighbour = pooling.Groups is not null;
        string image = Node("Reshape", $"{name}.image", [bytes, byNeighbour ? Shape(1, neighbours, -1, channels) : Shape(1, -1, neighbours, channels)]);
        string largest = $"{name}.int8";
        long[] window = byNeighbour ? [neighbours, 1] : [1, neighbours];
        _nodes.Add(new OnnxNode("NhwcMaxPool", largest, [image], [largest], [new OnnxAttribute("kernel_shape", window)], RuntimeDomain));
        string flat = Node("Reshape", $"{name}.flat", [largest, Shape(-1, channels)]);
        _nodes.Add(new OnnxNode("DequantizeLinear", name, [flat, step, zero], pooling.Max.Outputs, []));
    }

    /// <summary>The bytes that a layer gives whose rows are pooled.</summary>
    private static string Rows(LinearNode layer) => $"{layer.Name}.int8";

    private void GatherByNeighbour(OnnxNode gather)
    {
        string turned = $"{gather.Inputs[1]}.turned";
        if (_made.Add(turned)) _nodes.Add(new OnnxNode("Transpose", turned, [gather.Inputs[1]], [turned], [new OnnxAttribute("perm", new[] { 1L, 0L })]));
        _nodes.Add(gather with { Inputs = [gather.Inputs[0], turned] });
    }

    /// <summary>A tensor as bytes. Several layers may read it; it is quantised for the first.</summary>
    private string Bytes(string tensor, Int8Scale scale)
    {
        string bytes = $"{tensor}.bytes";
        if (!_made.Add(bytes)) return bytes;
        OnnxNode? maker = _wiring.Maker(tensor);
        if (maker is { Operator: "Reshape" })
        {
            _nodes.Add(new OnnxNode("Reshape", bytes, [Bytes(maker.Inputs[0], scale), maker.Inputs[1]], [bytes], maker.Attributes));
            return bytes;
        }
        string source = maker is { Operator: "Relu" } && scale.ZeroPoint == 0 ? maker.Inputs[0] : tensor;
        (string step, string zero) = Scale(tensor, scale);
        _nodes.Add(new OnnxNode("QuantizeLinear", bytes, [source, step, zero], [bytes], []));
        return bytes;
    }

    private (string Step, string Zero) Scale(string tensor, Int8Scale scale) =>
        (Constant($"{tensor}.scale", ElementType.Float32, MemoryMarshal.AsBytes<float>([scale.Scale]), []), Constant($"{tensor}.zero", ElementType.UInt8, [scale.ZeroPoint], []));

    private string Shape(params long[] extents) => Constant($"shape.{string.Join('_', extents)}", ElementType.Int64, MemoryMarshal.AsBytes<long>(extents), [extents.Length]);

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
