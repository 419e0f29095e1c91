using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes;

/// <summary>
/// Whether a graph keeps the rules of ONNX, without any runtime: a known opset, every tensor named once and made before it is read, also
/// across the graphs within nodes, constants as large as their shapes, and every node of ONNX's own operators with inputs, outputs and
/// attributes that the operator has in that opset. Operators of other domains, but for those that quantisation here writes, and those of opsets
/// after 17, are reported as unchecked.
/// </summary>
public sealed class GraphChecker
{
    private const int OldestOpset = 7;

    private readonly List<GraphFinding> _findings = [];
    private readonly HashSet<string> _nodeNames = [];
    private readonly int _opset;

    private GraphChecker(int opset) => _opset = opset;

    /// <summary>Checks a graph and the graphs within it.</summary>
    /// <returns>What is wrong, in the order of the graph; errors make the graph invalid. Empty for a valid graph.</returns>
    public static IReadOnlyList<GraphFinding> Check(OnnxGraph graph)
    {
        GraphChecker checker = new(graph.Opset);
        if (graph.Opset < OldestOpset)
            checker.Error("opset", $"the graph is of opset {graph.Opset}, but those before {OldestOpset} are not known here; export it with opset 13 to 17");
        if (graph.Opset > StandardOperator.NewestOpset)
            checker._findings.Add(GraphFinding.Warning("opset", $"the graph is of opset {graph.Opset}; its operators are not checked, since those after {StandardOperator.NewestOpset} are not known here"));
        checker.CheckScope(graph, new HashSet<string>());
        return checker._findings;
    }

    private void CheckScope(OnnxGraph graph, IReadOnlySet<string> around)
    {
        HashSet<string> known = [.. around];
        HashSet<string> own = [];
        foreach (OnnxValue input in graph.Inputs) Define(input.Name, "an input");
        // Before version 4 of the file format every constant was an input too, whose value it set; such pairs stay legal.
        HashSet<string> inputs = [.. own];
        HashSet<string> constants = [];
        foreach (OnnxTensor tensor in graph.Initializers)
        {
            if (!constants.Add(tensor.Name)) Error("duplicate-name", $"{tensor.Name} is the name of two initializers of {graph.Name}");
            else if (!inputs.Contains(tensor.Name)) Define(tensor.Name, "an initializer");
            CheckSize(tensor);
        }

        HashSet<string> made = [.. graph.Nodes.SelectMany(node => node.Outputs)];
        foreach (OnnxNode node in graph.Nodes)
        {
            if (node.Name.Length > 0 && !_nodeNames.Add(node.Name))
                _findings.Add(GraphFinding.Warning("duplicate-node-name", $"two nodes are named {node.Name}; messages about one can't be told from those about the other"));
            foreach (string input in node.Inputs.Where(input => input.Length > 0 && !known.Contains(input)))
                Error(
                    "undefined-input",
                    $"{node.Label()} reads {input}, {(made.Contains(input) ? "which only a later node makes" : "which is no input, initializer or output of a node")}");
            CheckForm(node);
            foreach (OnnxGraph inner in node.Graphs()) CheckScope(inner, known);
            foreach (string output in node.Outputs.Where(output => output.Length > 0)) Define(output, $"an output of {node.Label()}");
        }

        if (graph.Outputs.Count == 0) Error("output", $"{graph.Name} has no output");
        foreach (OnnxValue output in graph.Outputs.Where(output => !known.Contains(output.Name)))
            Error("output", $"nothing makes the output {output.Name} of {graph.Name}");

        void Define(string name, string what)
        {
            if (name.Length == 0) Error("name", $"{what} of {graph.Name} has no name");
            else if (!known.Add(name)) Error("duplicate-name", $"{name} is {what} of {graph.Name}, but the name is taken; every tensor needs a name of its own");
            own.Add(name);
        }
    }

    private void CheckSize(OnnxTensor tensor)
    {
        int element = tensor.Type switch
        {
            ElementType.Float32 or ElementType.Int32 => 4,
            ElementType.Int64 or ElementType.Float64 => 8,
            ElementType.Float16 or ElementType.BFloat16 or ElementType.Int16 => 2,
            ElementType.UInt8 or ElementType.Int8 or ElementType.Bool => 1,
            _ => 0,
        };
        // Elements of the narrow types may stand in fields that a reader need not keep.
        if (element == 0 || (tensor.Bytes.IsEmpty && element < 4)) return;
        Int128 expected = element;
        foreach (long extent in tensor.Shape)
            expected = extent < 0 ? -1 : Int128.Min(expected * extent, long.MaxValue);
        if (expected != tensor.Bytes.Length)
            Error("initializer-size", $"initializer {tensor.Name} has {tensor.Bytes.Length} bytes, but its shape [{string.Join(", ", tensor.Shape)}] of {tensor.Type} asks for {expected}");
    }

    private void CheckForm(OnnxNode node)
    {
        string known = node.IsStandard() ? node.Operator : $"{node.Domain}.{node.Operator}";
        if (!node.IsStandard() && StandardOperator.Find(known, _opset) is null)
        {
            _findings.Add(GraphFinding.Warning("unchecked-operator", $"{node.Label()} is of the domain {node.Domain}, whose operators are not known here"));
            return;
        }
        if (_opset is < OldestOpset or > StandardOperator.NewestOpset) return;
        if (StandardOperator.Find(known, _opset) is not { } form)
        {
            Error("unknown-operator", $"{node.Label()}: there is no operator {node.Operator} in opset {_opset} of ONNX");
            return;
        }
        if (!form.Inputs.Contains(node.Inputs.Count)) Error("input-count", $"{node.Label()} has {node.Inputs.Count} inputs, but {node.Operator} takes {form.Inputs} in opset {_opset}");
        // The trip count and the condition of a loop have their places, but each may be left empty.
        int missing = node.Operator == "Loop" ? -1 : node.Inputs.Take(form.Inputs.Least).ToList().IndexOf("");
        if (missing >= 0) Error("input-count", $"{node.Label()} leaves out input {missing}, which {node.Operator} needs");
        if (!form.Outputs.Contains(node.Outputs.Count)) Error("output-count", $"{node.Label()} has {node.Outputs.Count} outputs, but {node.Operator} makes {form.Outputs} in opset {_opset}");
        foreach (OnnxAttribute attribute in node.Attributes)
        {
            string type = TypeOf(attribute.Value);
            if (!form.Attributes.TryGetValue(attribute.Name, out string? expected))
                Error("attribute", $"{node.Label()} has the attribute {attribute.Name}, which {node.Operator} does not know in opset {_opset}; it knows {Known(form)}");
            else if (type.Length > 0 && type != expected)
                Error("attribute", $"{node.Label()}: attribute {attribute.Name} is of type {type}, but {node.Operator} takes {expected}");
        }
        foreach (string name in form.Required.Where(name => node.Attributes.All(attribute => attribute.Name != name)))
            Error("attribute", $"{node.Label()} lacks the attribute {name}, which {node.Operator} needs in opset {_opset}");
    }

    private static string Known(StandardOperator form) => form.Attributes.Count == 0 ? "none" : string.Join(", ", form.Attributes.Keys);

    private static string TypeOf(object value) => value switch
    {
        long => "i",
        float => "f",
        string => "s",
        long[] => "is",
        float[] => "fs",
        OnnxTensor => "t",
        OnnxGraph => "g",
        _ => "",
    };

    private void Error(string rule, string message) => _findings.Add(GraphFinding.Error(rule, message));
}
