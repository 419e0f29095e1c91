using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Passes;
using BatchSegmenter.Onnx.Tests.Networks;
using static BatchSegmenter.Onnx.Tests.Passes.SampleGraphs;

namespace BatchSegmenter.Onnx.Tests.Passes;

public sealed class GraphLintTests
{
    private static readonly GraphLintOptions Exported = new() { PointCounts = [4096] };
    private static readonly GraphLintOptions Inside = new() { NeighbourhoodsInside = true };

    [Fact]
    public void PassesWhatIsBuiltAndDelivered()
    {
        PointNet2Weights weights = PointNet2Weights.Random(SampleNetworks.TwoLevels(), 3);
        GraphLintOptions options = new() { DeclaredInputs = PointNet2Graph.Inputs(weights.Description), PointCounts = [4096] };
        Assert.Empty(GraphLint.Check(PointNet2Graph.Rewritten(weights), options));
        Assert.Empty(GraphLint.Check(Delivered(), new GraphLintOptions { PointCounts = [4096] }));
    }

    [Fact]
    public void OfThePlainGraphOnlyBatchNormIsLeft()
    {
        PointNet2Weights weights = PointNet2Weights.Random(SampleNetworks.TwoLevels(), 3);
        GraphFinding finding = Assert.Single(GraphLint.Check(PointNet2Graph.Plain(weights), new GraphLintOptions { DeclaredInputs = PointNet2Graph.Inputs(weights.Description) }));
        Assert.Equal(("leftover-batch-norm", FindingSeverity.Error), (finding.Rule, finding.Severity));
        Assert.Contains("levels.0.0.0.norm (BatchNormalization)", finding.Message);
    }

    public static TheoryData<string> Rules => [.. GraphLint.Rules.Select(rule => rule.Id)];

    /// <summary>For each rule a graph that breaks it, and one as like it as can be that does not.</summary>
    [Theory]
    [MemberData(nameof(Rules))]
    public void FindsTheMistakeAndNothingElse(string rule)
    {
        (OnnxGraph bad, OnnxGraph good, GraphLintOptions options, string message) = Cases(rule);
        GraphFinding finding = Assert.Single(GraphLint.Check(bad, options), it => rule != "training-mode" || it.Rule == rule);
        Assert.Equal(rule, finding.Rule);
        Assert.Contains(message, finding.Message);
        Assert.Empty(GraphLint.Check(good, options));
    }

    [Fact]
    public void DeclaredExtentsMayBeFixed()
    {
        OnnxValue fixedInput = new("x", ElementType.Float32, [1, 9, 4096]);
        OnnxGraph graph = Of([Node("Relu", ["x"], "y")], input: fixedInput);
        Assert.Equal(2, GraphLint.Check(graph).Count(finding => finding.Rule == "baked-input"));
        Assert.Empty(GraphLint.Check(graph, new GraphLintOptions { DeclaredInputs = [fixedInput] }));
        OnnxValue open = new("x", ElementType.Float32, ["batch", 9, 4096]);
        Assert.Contains("fixes its axis 0 to 1", Assert.Single(GraphLint.Check(graph, new GraphLintOptions { DeclaredInputs = [open] })).Message);
    }

    [Fact]
    public void WhatOnlyCostsTimeIsAWarningInForeignGraphs()
    {
        OnnxGraph dropout = Of([Node("Dropout", ["x"], "y")]);
        Assert.Equal(FindingSeverity.Error, Assert.Single(GraphLint.Check(dropout)).Severity);
        Assert.Equal(FindingSeverity.Warning, Assert.Single(GraphLint.Check(dropout, new GraphLintOptions { Foreign = true })).Severity);
    }

    [Fact]
    public void FindsMistakesInsideLoops()
    {
        OnnxGraph body = Body("x");
        OnnxGraph scattering = new()
        {
            Name = body.Name,
            Opset = body.Opset,
            Inputs = body.Inputs,
            Outputs = body.Outputs,
            Initializers = [],
            Nodes = [.. body.Nodes, Node("NonZero", ["next"], "hits")],
        };
        OnnxGraph graph = Of([Node("Loop", ["times", "", "x"], "y", new OnnxAttribute("body", scattering))], [Integers("times", 4) with { Shape = [] }]);
        Assert.Equal("non-zero", Assert.Single(GraphLint.Check(graph, Inside)).Rule);
    }

    /// <summary>Traced sampling: distance to the last choice, minimum, choice; layers repeat too, but choose nothing.</summary>
    private static OnnxGraph Sampling(int iterations, bool choose)
    {
        List<OnnxNode> nodes = [];
        string last = "x";
        for (int i = 0; i < iterations; i++)
        {
            nodes.Add(Node("Sub", ["x", last], $"away.{i}"));
            nodes.Add(Node("Min", [$"away.{i}", last], $"nearest.{i}"));
            nodes.Add(choose ? Node("ArgMax", [$"nearest.{i}"], $"choice.{i}") : Node("Relu", [$"nearest.{i}"], $"choice.{i}"));
            nodes.Add(choose ? Node("Gather", ["x", $"choice.{i}"], $"next.{i}") : Node("Neg", [$"choice.{i}"], $"next.{i}"));
            last = $"next.{i}";
        }
        nodes.Add(Node("Relu", [last], "y"));
        return Of(nodes);
    }

    private static OnnxGraph TopK(long k) =>
        Of([new OnnxNode("TopK", "top", ["x", "k"], ["y", "rows"], [new OnnxAttribute("axis", 0L)])], [Integers("k", k)]);

    private static OnnxGraph Reshaped(params long[] shape) => Of([Node("Reshape", ["x", "shape"], "y")], [Integers("shape", shape)]);

    private static OnnxGraph Single(OnnxNode node, int opset = 17) => Of([node], opset: opset);

    private static OnnxGraph With(OnnxGraph graph, params OnnxValue[] outputs) => new()
    {
        Name = graph.Name,
        Opset = graph.Opset,
        Inputs = graph.Inputs,
        Outputs = outputs,
        Initializers = graph.Initializers,
        Nodes = graph.Nodes,
    };

    private static (OnnxGraph Bad, OnnxGraph Good, GraphLintOptions Options, string Message) Cases(string rule)
    {
        OnnxGraph relu = Single(Node("Relu", ["x"], "y"));
        OnnxNode norm = Node("BatchNormalization", ["x", "w", "w", "w", "w"], "y");
        return rule switch
        {
            "non-zero" => (Single(Node("NonZero", ["x"], "y")), relu, Exported, "y (NonZero) have outputs whose size depends on the values"),
            "scatter" => (Single(Node("ScatterND", ["x", "x", "x"], "y")), Single(Node("GatherND", ["x", "x"], "y")), Exported, "y (ScatterND)"),
            "random" => (Single(Node("RandomUniformLike", ["x"], "y")), relu, Exported, "y (RandomUniformLike) make every run differ"),
            "control-flow" => (
                Of([Node("Loop", ["times", "", "x"], "y", new OnnxAttribute("body", Body("x")))], [Integers("times", 4) with { Shape = [] }]),
                relu, Exported, "y (Loop)"),
            "leftover-batch-norm" => (Of([norm], [Floats("w", 1, 2, 3)]), relu, Exported, "y (BatchNormalization)"),
            "leftover-dropout" => (Single(Node("Dropout", ["x"], "y")), relu, Exported, "y (Dropout)"),
            "resize" => (Single(Node("Resize", ["x"], "y")), relu, Exported, "y (Resize)"),
            "custom-operator" => (Single(Node("BallQuery", ["x"], "y") with { Domain = "mine" }), relu, Exported, "y (BallQuery)"),
            "runtime-operator" => (Single(Node("FusedMatMul", ["x", "x"], "y") with { Domain = "com.microsoft" }), relu, Exported, "y (FusedMatMul)"),
            "unrolled-loop" => (Sampling(16, true), Sampling(100, false), Exported, "the 4 nodes from away.0 (Sub) on are repeated 16 times, to next.15 (Gather)"),
            "large-top-k" => (TopK(3841), TopK(3840), new GraphLintOptions(), "top (TopK) keeps K = 3841"),
            "baked-input" => (
                Of([Node("Relu", ["x"], "y")], input: new OnnxValue("x", ElementType.Float32, ["batch", 9, 4096])),
                Of([Node("Relu", ["x"], "y")], input: new OnnxValue("x", ElementType.Float32, ["batch", 9, "points"])),
                Exported, "fixes its axis 2 to 4096"),
            "baked-shape" => (Reshaped(1, 3, 4096), Reshaped(1, 3, -1), Exported, "y (Reshape) reshapes to [1, 3, 4096]"),
            "training-mode" => (
                Of([Node("Dropout", ["x", "", "on"], "y")], [new OnnxTensor("on", ElementType.Bool, [], new byte[] { 1 })]),
                Of([Node("Relu", ["x"], "y")]), Exported, "y (Dropout) is in training mode"),
            "input-without-effect" => (
                Of([Node("Shape", ["x"], "shape"), Node("Expand", ["w", "shape"], "y")], [Floats("w", 1)]),
                Of([Node("Shape", ["x"], "shape"), Node("Expand", ["x", "shape"], "y")]), Exported, "x: float32[points, 3]"),
            "unused-node" => (Of([Node("Relu", ["x"], "y"), Node("Neg", ["x"], "z")]), relu, Exported, "z (Neg)"),
            "unused-initializer" => (Of([Node("Relu", ["x"], "y")], [Floats("w", 1)]), relu, Exported, "initializers w"),
            "wide-type" => (
                Of([Node("Cast", ["x"], "d", new OnnxAttribute("to", 11L)), Node("MatMul", ["d", "d"], "y")]),
                Of([Node("Cast", ["x"], "d", new OnnxAttribute("to", 1L)), Node("MatMul", ["d", "d"], "y")]), Exported, "y (MatMul) work in float64"),
            "softmax-axis" => (Single(Node("LogSoftmax", ["x"], "y"), 12), Single(Node("LogSoftmax", ["x"], "y"), 13), Exported, "y (LogSoftmax) goes over all axes from 1 on"),
            "extra-output" => (With(relu, [.. relu.Outputs, new("x", ElementType.Float32, ["points", 3])]), relu, Exported, "has 2 outputs"),
            _ => throw new ArgumentException($"rule {rule} has no test"),
        };
    }

    [Fact]
    public void TrainingModeIsTold()
    {
        OnnxGraph graph = Of([Node("BatchNormalization", ["x", "w", "w", "w", "w"], "y", new OnnxAttribute("training_mode", 1L))], [Floats("w", 1, 2, 3)]);
        Assert.Equal(["leftover-batch-norm", "training-mode"], GraphLint.Check(graph).Select(finding => finding.Rule));
    }

    [Theory]
    [InlineData("Expand")]
    [InlineData("Tile")]
    public void PointCountsInConstantsAreTold(string @operator)
    {
        OnnxGraph Repeating(long count) => Of([Node(@operator, ["x", "counts"], "y")], [Integers("counts", count, 1)]);
        Assert.Contains($"y ({@operator}) has the constant [4096, 1], in which 4096 is a number of points", Assert.Single(GraphLint.Check(Repeating(4096), Exported)).Message);
        Assert.Empty(GraphLint.Check(Repeating(32), Exported));
    }

    [Fact]
    public void AnUnrolledNetworkOfFortyThousandNodesIsLookedThrough() =>
        Assert.Contains("repeated 10000 times", Assert.Single(GraphLint.Check(Sampling(10_000, true))).Message);
}
