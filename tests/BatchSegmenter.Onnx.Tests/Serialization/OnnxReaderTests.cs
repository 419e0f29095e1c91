using System.Globalization;
using System.Text;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Serialization;
using Google.Protobuf;

namespace BatchSegmenter.Onnx.Tests.Serialization;

public sealed class OnnxReaderTests
{
    [Fact]
    public void ReadsBackEverythingThatIsWritten()
    {
        GraphBuilder builder = new("all", opset: 15);
        Value x = builder.Input(new OnnxValue("x", ElementType.Int32, ["n", 2, new Dimension(null, null)]));
        Value constant = builder.Constant("c", [1.5f, float.NegativeInfinity], 2, 1);
        builder.Node("Odd", "y", [x, constant, builder.Integers(long.MinValue, 0)],
            new OnnxAttribute("zero", 0L), new OnnxAttribute("half", 0.5f), new OnnxAttribute("word", "max"),
            new OnnxAttribute("list", new long[] { 0, -1 }), new OnnxAttribute("floats", new float[] { 1, 2 }));
        builder.Output(new OnnxValue("y", ElementType.Float32, []));
        OnnxGraph graph = builder.Build();

        OnnxGraph again = OnnxReader.Read(OnnxWriter.Write(graph), "all.onnx");

        Assert.Equal(graph.ToString(), again.ToString());
        Assert.Equal([1.5f, float.NegativeInfinity], again.Initializers[0].Floats.ToArray());
        Assert.Equal([long.MinValue, 0], again.Initializers[1].Longs.ToArray());
        Assert.Equal(OnnxWriter.Write(graph), OnnxWriter.Write(again));
    }

    [Fact]
    public void ReadsBackGraphsAndTensorsWithinNodes()
    {
        GraphBuilder builder = new("loops");
        Value x = builder.Input(new OnnxValue("x", ElementType.Float32, ["n"]));
        GraphBuilder body = builder.Within("body");
        body.Input(new OnnxValue("turn", ElementType.Int64, []));
        Value going = body.Input(new OnnxValue("going", ElementType.Bool, []));
        body.Node("Add", "sum", [body.Input(new OnnxValue("last", ElementType.Float32, ["n"])), x]);
        body.Node("Identity", "still", [going]);
        body.Output(new OnnxValue("still", ElementType.Bool, []));
        body.Output(new OnnxValue("sum", ElementType.Float32, ["n"]));
        Value filled = builder.Node("ConstantOfShape", "filled", [builder.Integers(3)], new OnnxAttribute("value", new OnnxTensor("", ElementType.Float32, [1], new byte[] { 0, 0, 128, 63 })));
        builder.Nodes("Loop", ["y"], [body.Integer(4), default, filled], new OnnxAttribute("body", body.Build()));
        builder.Output(new OnnxValue("y", ElementType.Float32, ["n"]));
        OnnxGraph graph = builder.Build();

        OnnxGraph again = OnnxReader.Read(OnnxWriter.Write(graph), "loops.onnx");

        Assert.Equal(graph.ToString(), again.ToString());
        Assert.Equal(OnnxWriter.Write(graph), OnnxWriter.Write(again));
        Assert.Equal(["int64.scalar.4", "", "filled"], again.Nodes[^1].Inputs);
        OnnxGraph inner = Assert.IsType<OnnxGraph>(Assert.Single(again.Nodes[^1].Attributes).Value);
        Assert.Equal(["turn: int64[]", "going: bool[]", "last: float32[n]"], inner.Inputs.Select(input => input.ToString()));
        Assert.Equal("sum = Add(last, x)", inner.Nodes[0].ToString());
        Assert.Empty(inner.Initializers);
        Assert.Equal([1f], Assert.IsType<OnnxTensor>(Assert.Single(again.Nodes[0].Attributes).Value).Floats.ToArray());
    }

    /// <summary>A hundred thousand graphs within graphs would end the process if each were read by a call within a call.</summary>
    [Fact]
    public void RefusesGraphsNestedWithoutEnd()
    {
        GraphProto graph = new() { Name = "innermost" };
        for (int depth = 0; depth < 200; depth++)
            graph = new GraphProto { Name = "g", Node = { new NodeProto { OpType = "If", Attribute = { new AttributeProto { Name = "then_branch", Type = AttributeProto.Types.AttributeType.Graph, G = graph } } } } };
        byte[] bytes = new ModelProto { IrVersion = 8, Graph = graph, OpsetImport = { new OperatorSetIdProto { Version = 17 } } }.ToByteArray();
        Assert.Contains("no ONNX model", Assert.Throws<InvalidOnnxException>(() => OnnxReader.Read(bytes, "x.onnx")).Message);
    }

    [Fact]
    public void ReadsTensorsThatOtherToolsWriteElementByElement()
    {
        TensorProto floats = new() { Name = "f", DataType = 1, Dims = { 2 }, FloatData = { 1, 2 } };
        TensorProto ints = new() { Name = "i", DataType = 6, Dims = { 1 }, Int32Data = { 5 } };
        OnnxGraph graph = OnnxReader.Read(Model(floats, ints), "other.onnx");
        Assert.Equal([1, 2], graph.Initializers[0].Floats.ToArray());
        Assert.Equal([5, 0, 0, 0], graph.Initializers[1].Bytes.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a model at all, but text")]
    [InlineData("\u0008\u0008")]
    public void RefusesOtherBytes(string text) =>
        Assert.Contains("no ONNX model", Assert.Throws<InvalidOnnxException>(() => OnnxReader.Read(Encoding.ASCII.GetBytes(text), "x.onnx")).Message);

    [Fact]
    public void RefusesEveryTruncation()
    {
        GraphBuilder builder = new("cut");
        builder.Constant("c", new float[20], 20);
        byte[] bytes = OnnxWriter.Write(builder.Build());
        for (int length = 0; length < bytes.Length; length++)
        {
            // A cut between two top-level fields leaves a valid, poorer message; what remains must not be taken for the whole.
            Exception? fault = Record.Exception(() => OnnxReader.Read(bytes.AsMemory(0, length), "cut.onnx"));
            Assert.True(fault is InvalidOnnxException, string.Create(CultureInfo.InvariantCulture, $"{length} of {bytes.Length} bytes gave {fault}"));
        }
    }

    [Fact]
    public void RefusesATensorWhoseShapeLies()
    {
        TensorProto tensor = new() { Name = "w", DataType = 1, Dims = { 1L << 40, 1L << 40 }, RawData = ByteString.CopyFrom(1, 2, 3, 4) };
        Assert.Contains("tensor w has 4 bytes", Assert.Throws<InvalidOnnxException>(() => OnnxReader.Read(Model(tensor), "x.onnx")).Message);
    }

    [Fact]
    public void RefusesWeightsInAnotherFile()
    {
        TensorProto tensor = new() { Name = "w", DataType = 1, Dims = { 1 }, DataLocation = 1 };
        Assert.Contains("lies in another file", Assert.Throws<InvalidOnnxException>(() => OnnxReader.Read(Model(tensor), "x.onnx")).Message);
    }

    private static byte[] Model(params TensorProto[] tensors)
    {
        ModelProto model = new() { IrVersion = 8, Graph = new GraphProto { Name = "g" } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        model.Graph.Initializer.AddRange(tensors);
        return model.ToByteArray();
    }
}
