using System.Runtime.InteropServices;

namespace BatchSegmenter.Onnx.Graph;

/// <summary>A tensor on the tape of a <see cref="GraphBuilder"/>, known by its name.</summary>
/// <param name="Name">Unique within the graph.</param>
public readonly record struct Value(string Name);

/// <summary>
/// A tape: each call records one input, constant or node and hands back the tensor it stands for, so a network is
/// written down as ordinary code. Names that are taken get a number added; equal integer constants are kept once.
/// </summary>
/// <param name="name">The graph's name.</param>
/// <param name="opset">The ONNX operator set that the nodes mean.</param>
public sealed class GraphBuilder(string name, int opset = 17)
{
    private readonly List<OnnxValue> _inputs = [];
    private readonly List<OnnxValue> _outputs = [];
    private readonly List<OnnxNode> _nodes = [];
    private readonly GraphBuilder? _around;
    private readonly List<OnnxTensor> _initializers = [];
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, Value> _integers = [];

    private GraphBuilder(GraphBuilder around, string name, int opset) : this(name, opset) =>
        (_around, _initializers, _names, _integers) = (around, around._initializers, around._names, around._integers);

    /// <summary>
    /// A tape for a graph within a node, such as a loop's body, to be handed to the node as an attribute when it is complete. It may read
    /// every tensor of this tape; names are unique over both, and its constants are kept with this tape's.
    /// </summary>
    /// <param name="name">The inner graph's name.</param>
    public GraphBuilder Within(string name) => new(this, name, opset);

    /// <summary>Declares an input.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public Value Input(OnnxValue input)
    {
        if (!_names.Add(input.Name)) throw new ArgumentException($"The graph has a tensor named {input.Name} already.", nameof(input));
        _inputs.Add(input);
        return new Value(input.Name);
    }

    /// <summary>Declares that a tensor of the tape is an output; its name must be the one wished for.</summary>
    /// <exception cref="ArgumentException">No node makes a tensor of that name.</exception>
    public void Output(OnnxValue output)
    {
        if (!_nodes.Any(node => node.Outputs.Contains(output.Name)))
            throw new ArgumentException($"No node makes the output {output.Name}.", nameof(output));
        _outputs.Add(output);
    }

    /// <summary>Records a float32 constant.</summary>
    /// <param name="name">A wish; see the class remarks.</param>
    /// <param name="values">Row-major elements.</param>
    /// <param name="shape">Extents; their product is the number of elements.</param>
    public Value Constant(string name, ReadOnlySpan<float> values, params long[] shape) =>
        Constant(name, ElementType.Float32, MemoryMarshal.AsBytes(values), sizeof(float), shape);

    /// <summary>Records a float64 scalar.</summary>
    public Value Double(string name, double value) => Constant(name, ElementType.Float64, MemoryMarshal.AsBytes([value]), sizeof(double), []);

    /// <summary>Records a one-dimensional int64 constant, such as a shape or a list of axes.</summary>
    public Value Integers(params long[] values) => Integers($"int64.{string.Join('_', values)}", values, [values.Length]);

    /// <summary>Records an int64 scalar, such as an index that takes its axis away.</summary>
    public Value Integer(long value) => Integers($"int64.scalar.{value}", [value], []);

    /// <summary>Records a node with one output, which bears the node's name.</summary>
    /// <param name="operator">The ONNX operator.</param>
    /// <param name="name">A wish; see the class remarks.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="attributes">Those that differ from the operator's defaults.</param>
    public Value Node(string @operator, string name, Value[] inputs, params OnnxAttribute[] attributes) => Nodes(@operator, [name], inputs, attributes)[0];

    /// <summary>Records a node with several outputs.</summary>
    /// <param name="operator">The ONNX operator.</param>
    /// <param name="names">A wish for each output; the first one's name is the node's too.</param>
    /// <param name="inputs">What it reads; a default <see cref="Value"/> leaves an optional input out.</param>
    /// <param name="attributes">Those that differ from the operator's defaults.</param>
    public Value[] Nodes(string @operator, string[] names, Value[] inputs, params OnnxAttribute[] attributes)
    {
        string[] outputs = [.. names.Select(Unique)];
        _nodes.Add(new OnnxNode(@operator, outputs[0], [.. inputs.Select(input => input.Name ?? "")], outputs, attributes));
        return [.. outputs.Select(output => new Value(output))];
    }

    /// <summary>The graph recorded so far.</summary>
    public OnnxGraph Build() => new()
    {
        Name = name,
        Opset = opset,
        Inputs = [.. _inputs],
        Outputs = [.. _outputs],
        Initializers = _around is null ? [.. _initializers] : [],
        Nodes = [.. _nodes],
    };

    private Value Integers(string name, long[] values, long[] shape)
    {
        if (_integers.TryGetValue(name, out Value known)) return known;
        return _integers[name] = Constant(name, ElementType.Int64, MemoryMarshal.AsBytes<long>(values), sizeof(long), shape);
    }

    private Value Constant(string wish, ElementType type, ReadOnlySpan<byte> bytes, int elementSize, long[] shape)
    {
        long count = shape.Aggregate(1L, (product, extent) => checked(product * extent));
        if (count * elementSize != bytes.Length)
            throw new ArgumentException(
                $"Constant {wish} has {bytes.Length / elementSize} elements, but its shape [{string.Join(", ", shape)}] asks for {count}.");
        string unique = Unique(wish);
        _initializers.Add(new OnnxTensor(unique, type, shape, bytes.ToArray()));
        return new Value(unique);
    }

    private string Unique(string wish)
    {
        string unique = wish;
        for (int number = 2; !_names.Add(unique); number++) unique = $"{wish}.{number}";
        return unique;
    }
}
