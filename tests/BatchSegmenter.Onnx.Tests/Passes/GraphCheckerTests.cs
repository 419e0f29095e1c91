using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Passes;
using BatchSegmenter.Onnx.Tests.Networks;
using static BatchSegmenter.Onnx.Tests.Passes.SampleGraphs;

namespace BatchSegmenter.Onnx.Tests.Passes;

public sealed class GraphCheckerTests
{
    private static readonly OnnxNode Relu = Node("Relu", ["x"], "y");

    [Fact]
    public void PassesWhatIsBuiltAndDelivered()
    {
        PointNet2Weights weights = PointNet2Weights.Random(SampleNetworks.TwoLevels(), 3);
        foreach (OnnxGraph graph in (OnnxGraph[])[PointNet2Graph.Rewritten(weights), PointNet2Graph.Plain(weights), Delivered()])
            Assert.Empty(GraphChecker.Check(graph));
    }

    [Theory]
    [InlineData("Gemm", 10, "3")]
    [InlineData("Gemm", 11, "2 to 3")]
    [InlineData("Concat", 17, "at least 1")]
    [InlineData("Clip", 7, "1")]
    [InlineData("BatchNormalization", 17, "5")]
    [InlineData("TopK", 9, "1")]
    [InlineData("TopK", 13, "2")]
    public void KnowsHowManyInputsOperatorsTakeInAnOpset(string name, int opset, string inputs) =>
        Assert.Equal(inputs, StandardOperator.Find(name, opset)!.Inputs.ToString());

    public static TheoryData<string, string> Faults => new()
    {
        { "opset 6", "opset: the graph is of opset 6, but those before 7" },
        { "later node", "undefined-input: y (Relu) reads later, which only a later node makes" },
        { "nowhere", "undefined-input: y (Relu) reads nothing, which is no input" },
        { "two of a name", "duplicate-name: y is an output of y (Neg) of sample, but the name is taken" },
        { "two initializers", "duplicate-name: w is the name of two initializers" },
        { "no such output", "output: nothing makes the output y" },
        { "short initializer", "initializer-size: initializer w has 8 bytes, but its shape [3] of Float32 asks for 12" },
        { "no such operator", "unknown-operator: y (Rely): there is no operator Rely in opset 17" },
        { "too young", "unknown-operator: y (HardSwish): there is no operator HardSwish in opset 13" },
        { "too old", "unknown-operator: y (Upsample): there is no operator Upsample in opset 17" },
        { "too many inputs", "input-count: y (Relu) has 2 inputs, but Relu takes 1 in opset 17" },
        { "left out", "input-count: y (Add) leaves out input 1, which Add needs" },
        { "too many outputs", "output-count: y (Relu) has 2 outputs, but Relu makes 1" },
        { "axes as attribute", "attribute: y (Squeeze) has the attribute axes, which Squeeze does not know in opset 13; it knows none" },
        { "attribute of another type", "attribute: y (Concat): attribute axis is of type f, but Concat takes i" },
        { "attribute missing", "attribute: y (Concat) lacks the attribute axis, which Concat needs" },
        { "inside a loop", "undefined-input: next (Mul) reads nowhere, which is no input" },
        { "name taken outside a loop", "duplicate-name: state is an input of body, but the name is taken" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void FindsWhatIsInvalid(string graph, string expected)
    {
        GraphFinding finding = Assert.Single(GraphChecker.Check(Faulty(graph)));
        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.StartsWith($"error {expected}", finding.ToString());
    }

    [Theory]
    [InlineData("axes as attribute", 11)]
    [InlineData("too young", 14)]
    [InlineData("too old", 9)]
    public void TheSameIsValidInTheOpsetItBelongsTo(string graph, int opset)
    {
        OnnxGraph faulty = Faulty(graph);
        Assert.Empty(GraphChecker.Check(Of(faulty.Nodes, faulty.Initializers, opset)));
    }

    [Fact]
    public void LoopsMayReadWhatStandsAroundThem() => Assert.Empty(GraphChecker.Check(Looped("x")));

    [Theory]
    [InlineData("", 18, "warning opset: the graph is of opset 18")]
    [InlineData("mine", 17, "warning unchecked-operator: y (Anything) is of the domain mine")]
    public void SaysWhatIsNotChecked(string domain, int opset, string expected)
    {
        GraphFinding finding = Assert.Single(GraphChecker.Check(Of([Node("Anything", ["x"], "y") with { Domain = domain }], opset: opset)));
        Assert.StartsWith(expected, finding.ToString());
    }

    private static OnnxGraph Faulty(string fault) => fault switch
    {
        "opset 6" => Of([Relu], opset: 6),
        "later node" => Of([Node("Relu", ["later"], "y"), Node("Relu", ["x"], "later")]),
        "nowhere" => Of([Node("Relu", ["nothing"], "y")]),
        "two of a name" => Of([Relu, Node("Neg", ["x"], "y") with { Name = "" }]),
        "two initializers" => Of([Relu], [Floats("w", 1), Floats("w", 2)]),
        "no such output" => Of([Node("Relu", ["x"], "z")]),
        "short initializer" => Of([Relu], [Floats("w", 1, 2) with { Shape = [3] }]),
        "no such operator" => Of([Node("Rely", ["x"], "y")]),
        "too young" => Of([Node("HardSwish", ["x"], "y")], opset: 13),
        "too old" => Of([Node("Upsample", ["x", "s"], "y")], [Floats("s", 1, 2)]),
        "too many inputs" => Of([Node("Relu", ["x", "x"], "y")]),
        "left out" => Of([Node("Add", ["x", ""], "y")]),
        "too many outputs" => Of([Relu with { Outputs = ["y", "z"] }]),
        "axes as attribute" => Of([Node("Squeeze", ["x"], "y", new OnnxAttribute("axes", new[] { 0L }))], opset: 13),
        "attribute of another type" => Of([Node("Concat", ["x", "x"], "y", new OnnxAttribute("axis", 1f))]),
        "attribute missing" => Of([Node("Concat", ["x", "x"], "y")]),
        "inside a loop" => Looped("nowhere"),
        "name taken outside a loop" => Of([Node("Neg", ["x"], "state"), .. Looped("x").Nodes], Looped("x").Initializers),
        _ => throw new ArgumentException(fault),
    };

    private static OnnxGraph Looped(string read) =>
        Of([Node("Loop", ["times", "", "x"], "y", new OnnxAttribute("body", Body(read)))], [Integers("times", 4) with { Shape = [] }]);
}
