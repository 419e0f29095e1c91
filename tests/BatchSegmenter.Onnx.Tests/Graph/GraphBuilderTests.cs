using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Tests.Graph;

public sealed class GraphBuilderTests
{
    [Fact]
    public void RecordsATapeThatReadsAsText()
    {
        GraphBuilder builder = new("small", opset: 13);
        Value x = builder.Input(new OnnxValue("x", ElementType.Float32, ["n", 2]));
        Value weight = builder.Constant("weight", [1, 2, 3, 4], 2, 2);
        Value y = builder.Node("Gemm", "y", [x, weight], new OnnxAttribute("transB", 1L));
        builder.Node("ReduceSum", "z", [y, builder.Integers(1)], new OnnxAttribute("keepdims", 0L));
        builder.Output(new OnnxValue("z", ElementType.Float32, ["n"]));

        Assert.Equal(
            """
            graph small (opset 13)
              in    x: float32[n, 2]
              const weight: float32[2, 2]
              const int64.1: int64[1]
              node  y = Gemm(x, weight) {transB=1}
              node  z = ReduceSum(y, int64.1) {keepdims=0}
              out   z: float32[n]

            """.ReplaceLineEndings("\n"),
            builder.Build().ToString());
    }

    [Fact]
    public void MakesNamesUnique()
    {
        GraphBuilder builder = new("names");
        Value first = builder.Constant("c", [1f], 1);
        Value second = builder.Constant("c", [2f], 1);
        Assert.NotEqual(first, second);
        Assert.Equal(3, new[] { first, second, builder.Node("Add", "c", [first, second]) }.Distinct().Count());
    }

    [Fact]
    public void KeepsEqualIntegerConstantsOnce()
    {
        GraphBuilder builder = new("integers");
        Assert.Equal(builder.Integers(-1, 3), builder.Integers(-1, 3));
        Assert.NotEqual(builder.Integers(-1, 3), builder.Integers(-1, 4));
        Assert.Equal(builder.Integer(3), builder.Integer(3));
        Assert.NotEqual(builder.Integer(3), builder.Integers(3));
        Assert.Equal([[2], [2], [], [1]], builder.Build().Initializers.Select(tensor => tensor.Shape));
    }

    [Fact]
    public void KeepsNamesOfInnerGraphsApartAndTheirConstantsOutside()
    {
        GraphBuilder outer = new("outer");
        Value x = outer.Node("Relu", "x", [outer.Input(new OnnxValue("in", ElementType.Float32, [1]))]);
        GraphBuilder inner = outer.Within("inner");
        Assert.NotEqual(x, inner.Node("Relu", "x", [x]));
        Assert.Equal(outer.Integers(7), inner.Integers(7));
        Assert.Empty(inner.Build().Initializers);
        Assert.Single(outer.Build().Initializers);
        Assert.Equal(["a", "b"], outer.Nodes("Split", ["a", "b"], [x]).Select(value => value.Name));
    }

    [Fact]
    public void RefusesAConstantOfAnotherSizeThanItsShape() =>
        Assert.Contains("3 elements, but its shape [2, 2] asks for 4", Assert.Throws<ArgumentException>(() => new GraphBuilder("g").Constant("c", [1, 2, 3], 2, 2)).Message);

    [Fact]
    public void RefusesAnOutputThatNoNodeMakes() =>
        Assert.Throws<ArgumentException>(() => new GraphBuilder("g").Output(new OnnxValue("y", ElementType.Float32, [1])));

    [Fact]
    public void RefusesTwoInputsOfOneName()
    {
        GraphBuilder builder = new("g");
        builder.Input(new OnnxValue("x", ElementType.Float32, [1]));
        Assert.Throws<ArgumentException>(() => builder.Input(new OnnxValue("x", ElementType.Float32, [1])));
    }
}
