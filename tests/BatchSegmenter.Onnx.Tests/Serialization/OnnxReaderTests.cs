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
