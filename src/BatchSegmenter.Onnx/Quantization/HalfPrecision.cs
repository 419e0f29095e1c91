using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;

namespace BatchSegmenter.Onnx.Quantization;

/// <summary>
/// Rewrites linear layers of a float graph to half precision (IEEE 754 binary16), weights and biases included. What follows them, row by row, stays in half precision until it
/// meets something that is not: a layer in single precision, or the coordinates and features that the network is given, to which only weights of interpolation are an exception. Inputs
/// and outputs stay in single precision.
/// </summary>
public sealed class HalfPrecision
{
    /// <summary>Beyond it half precision is infinite.</summary>
    private const float Limit = 65520;

    /// <summary>2¹³ + 1: what a number of 24 bits is multiplied by to be split after 11 of them (Dekker, Veltkamp).</summary>
    private const float Splitter = 8193;

    // What they give is what they read.
    private static readonly HashSet<string> Exact = ["Gather", "Reshape", "Relu", "ReduceMax", "Concat", "Unsqueeze", "Squeeze", "Transpose", "Slice", "Identity"];

    private readonly Dictionary<string, OnnxTensor> _constants;
    private readonly HashSet<string> _outputs;
    private readonly HashSet<string> _floats;
    private readonly HashSet<string> _halves = [];
    // Made by layers, or of what layers made, in single precision.
    private readonly HashSet<string> _singles = [];
    private readonly HashSet<string> _made = [];
    private readonly List<OnnxTensor> _initializers;
    private readonly List<OnnxNode> _nodes = [];

    private readonly bool _rounds;

    private HalfPrecision(OnnxGraph graph, bool rounds)
    {
        _rounds = rounds;
        _constants = graph.Initializers.ToDictionary(tensor => tensor.Name);
        _outputs = [.. graph.Outputs.Select(output => output.Name)];
        _floats = [.. graph.Inputs.Where(input => input.Type == ElementType.Float32).Select(input => input.Name)];
        _initializers = [.. graph.Initializers];
    }

    /// <summary>The layers that can be rewritten: all with constant weights, however small.</summary>
    public static IReadOnlyList<LinearNode> Layers(OnnxGraph graph) => LinearNode.Find(graph, leastInputs: 1, leastOutputs: 1);

    /// <summary>Rewrites a graph.</summary>
    /// <param name="graph">The float graph.</param>
    /// <param name="layers">The layers to rewrite, of <see cref="Layers"/>.</param>
    /// <returns>The graph with the same inputs and outputs.</returns>
    public static OnnxGraph Apply(OnnxGraph graph, IEnumerable<LinearNode> layers) => Apply(graph, layers, rounds: false);

    /// <summary>
    /// The graph that gives on a processor what <see cref="Apply(OnnxGraph, IEnumerable{LinearNode})"/> gives on an accelerator: in single precision, with every result rounded as half precision has it
    /// (numbers below its normal ones, 6e-5, keep more digits). The runtime's own way on processors is to convert, compute, and leave out conversions that undo each other, and the rounding with them.
    /// </summary>
    public static OnnxGraph Imitate(OnnxGraph graph, IEnumerable<LinearNode> layers) => Apply(graph, layers, rounds: true);

    private static OnnxGraph Apply(OnnxGraph graph, IEnumerable<LinearNode> layers, bool rounds)
    {
        HalfPrecision rewriting = new(graph, rounds);
        HashSet<OnnxNode> chosen = new(layers.Select(layer => layer.Node), ReferenceEqualityComparer.Instance), all = new(Layers(graph).Select(layer => layer.Node), ReferenceEqualityComparer.Instance);
        foreach (OnnxNode node in graph.Nodes) rewriting.Rewrite(node, all.Contains(node) ? chosen.Contains(node) : null);
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

    /// <param name="node">The node.</param>
    /// <param name="layer">Of a layer, whether it is one to rewrite; null for other nodes, which go with what they read.</param>
    private void Rewrite(OnnxNode node, bool? layer)
    {
        string[] read = [.. node.Inputs.Where(IsFloat)];
        // Indices and shapes; a graph within a node is not looked into.
        if (read.Length == 0 || !IsFloat(node.Inputs[0]) || node.Graphs().Any())
        {
            _nodes.Add(node with { Inputs = [.. node.Inputs.Select(Single)] });
            return;
        }
        bool half = layer ?? Follows(node, read);
        OnnxNode rewritten = node with { Inputs = [.. node.Inputs.Select(input => half ? Half(input) : Single(input))] };
        string result = node.Outputs[0];
        _floats.Add(result);
        if (!half)
        {
            _nodes.Add(rewritten);
            if (layer is not null || read.Any(_singles.Contains) || read.Any(_halves.Contains)) _singles.Add(result);
            return;
        }
        _halves.Add(result);
        if (_rounds)
        {
            if (Exact.Contains(node.Operator)) _nodes.Add(rewritten);
            else
            {
                string raw = $"{result}.raw";
                _nodes.Add(rewritten with { Outputs = [raw] });
                Round(raw, result);
            }
            return;
        }
        if (!_outputs.Contains(result))
        {
            _nodes.Add(rewritten);
            return;
        }
        string inner = $"{result}.half";
        _nodes.Add(rewritten with { Outputs = [inner] });
        Cast(inner, result, $"{result}.single", ElementType.Float32);
    }

    private bool Follows(OnnxNode node, string[] read)
    {
        string[] given = [.. read.Where(input => !_constants.ContainsKey(input) && !_halves.Contains(input))];
        return read.Any(_halves.Contains) && (given.Length == 0 || (node.Operator == "Mul" && !given.Any(_singles.Contains)));
    }

    private bool IsFloat(string tensor) => _floats.Contains(tensor) || (_constants.TryGetValue(tensor, out OnnxTensor? constant) && constant.Type == ElementType.Float32);

    private string Half(string tensor)
    {
        if (!IsFloat(tensor) || _halves.Contains(tensor)) return tensor;
        string half = $"{tensor}.half";
        if (!_made.Add(half)) return half;
        if (_constants.TryGetValue(tensor, out OnnxTensor? constant))
        {
            Half[] halves = Array.ConvertAll(constant.Floats.ToArray(), value => (Half)value);
            if (_rounds) _initializers.Add(constant with { Name = half, Bytes = MemoryMarshal.AsBytes<float>(Array.ConvertAll(halves, value => (float)value)).ToArray() });
            else _initializers.Add(new OnnxTensor(half, ElementType.Float16, constant.Shape, MemoryMarshal.AsBytes<Half>(halves).ToArray()));
        }
        else if (_rounds) Round(tensor, half);
        else Cast(tensor, half, half, ElementType.Float16);
        return half;
    }

    private string Single(string tensor)
    {
        if (_rounds || !_halves.Contains(tensor)) return tensor;
        string single = $"{tensor}.single";
        if (_made.Add(single)) Cast(tensor, single, single, ElementType.Float32);
        return single;
    }

    /// <summary>To the nearest number of 11 bits, ties to even: <c>c = 8193·x, c − (c − x)</c>; divided by 0 where it is more than half precision holds.</summary>
    private void Round(string from, string to)
    {
        string product = Node("Mul", $"{to}.split", from, Constant("half.splitter", Splitter));
        string rounded = Node("Sub", $"{to}.high", product, Node("Sub", $"{to}.low", product, from));
        string held = Node("Less", $"{to}.held", Node("Abs", $"{to}.size", rounded), Constant("half.limit", Limit));
        Cast(held, $"{to}.one", $"{to}.one", ElementType.Float32);
        _nodes.Add(new OnnxNode("Div", $"{to}.rounded", [rounded, $"{to}.one"], [to], []));
    }

    private string Node(string @operator, string name, params string[] inputs)
    {
        _nodes.Add(new OnnxNode(@operator, name, inputs, [name], []));
        return name;
    }

    private string Constant(string name, float value)
    {
        if (_made.Add(name)) _initializers.Add(new OnnxTensor(name, ElementType.Float32, [], MemoryMarshal.AsBytes<float>([value]).ToArray()));
        return name;
    }

    private void Cast(string from, string to, string name, ElementType type) => _nodes.Add(new OnnxNode("Cast", name, [from], [to], [new OnnxAttribute("to", (long)type)]));
}
