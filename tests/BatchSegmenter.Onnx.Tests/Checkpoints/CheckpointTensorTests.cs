using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Tests.Checkpoints;

public sealed class CheckpointTensorTests
{
    private static CheckpointTensor Of(string type, long count, long offset, long[] shape, long[] strides, byte[] storage) =>
        TorchFiles.Read(TorchFiles.Zip(PickleAssembler.OneTensor(type, count, offset, shape, strides), ("0", storage))).Tensors["w"];

    [Theory]
    [InlineData("FloatStorage", ElementType.Float32, "0000803F 000000C0", 1f, -2f)]
    [InlineData("HalfStorage", ElementType.Float16, "003C 00C0", 1f, -2f)]
    [InlineData("BFloat16Storage", ElementType.BFloat16, "803F 00C0", 1f, -2f)]
    [InlineData("DoubleStorage", ElementType.Float64, "000000000000F03F 00000000000000C0", 1f, -2f)]
    [InlineData("LongStorage", ElementType.Int64, "0100000000000000 FEFFFFFFFFFFFFFF", 1f, -2f)]
    [InlineData("IntStorage", ElementType.Int32, "01000000 FEFFFFFF", 1f, -2f)]
    [InlineData("ShortStorage", ElementType.Int16, "0100 FEFF", 1f, -2f)]
    [InlineData("CharStorage", ElementType.Int8, "01 FE", 1f, -2f)]
    [InlineData("ByteStorage", ElementType.UInt8, "01 FE", 1f, 254f)]
    [InlineData("BoolStorage", ElementType.Bool, "02 00", 1f, 0f)]
    public void ConvertsEveryType(string storage, ElementType type, string bytes, float first, float second)
    {
        CheckpointTensor tensor = Of(storage, 2, 0, [2], [1], Convert.FromHexString(bytes.Replace(" ", "")));
        Assert.Equal(type, tensor.Type);
        Assert.Equal([first, second], tensor.ToFloats());
        // The same through strides.
        Assert.Equal([first, first, second, second], Of(storage, 2, 0, [2, 2], [1, 0], Convert.FromHexString(bytes.Replace(" ", ""))).ToFloats());
    }

    public static TheoryData<long, long[], long[], float[]> Views => new()
    {
        { 0, [2, 3], [3, 1], [0, 1, 2, 3, 4, 5] },
        { 0, [3, 2], [1, 3], [0, 3, 1, 4, 2, 5] },
        { 2, [2], [3], [2, 5] },
        { 4, [2], [1], [4, 5] },
        { 0, [2, 1, 3], [3, 99, 1], [0, 1, 2, 3, 4, 5] },
        { 1, [2, 2], [0, 2], [1, 3, 1, 3] },
        { 5, [], [], [5] },
        { 6, [0], [1], [] },
        { 0, [2, 0, 3], [0, 3, 1], [] },
        { 0, [1, 2, 3], [6, 1, 2], [0, 2, 4, 1, 3, 5] },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public void ReadsRowMajorWhateverTheStrides(long offset, long[] shape, long[] strides, float[] expected)
    {
        CheckpointTensor tensor = Of("FloatStorage", 6, offset, shape, strides, TorchFiles.Floats(0, 1, 2, 3, 4, 5));
        Assert.Equal(shape, tensor.Shape);
        Assert.Equal(expected, tensor.ToFloats());
    }

    public static TheoryData<long, long[], long[], string> Lies => new()
    {
        { 0, [7], [1], "which reach element 6 of a storage of 6" },
        { 6, [], [], "which reach element 6 of a storage of 6" },
        { 0, [2, 3], [4, 1], "which reach element 6 of a storage of 6" },
        { -1, [2], [1], "none may be negative" },
        { 0, [-2], [1], "none may be negative" },
        { 5, [2], [-1], "none may be negative" },
        { long.MaxValue, [2], [1], "of a storage of 6" },
        { 0, [long.MaxValue], [long.MaxValue], "of a storage of 6" },
        { 0, [long.MaxValue, long.MaxValue, long.MaxValue], [long.MaxValue, long.MaxValue, long.MaxValue], "of a storage of 6" },
        { 0, [2], [1, 1], "1 extents, but 2 strides" },
        { 0, [.. Enumerable.Repeat(1L, 65)], [.. Enumerable.Repeat(1L, 65)], "a shape of 65 integers" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void RefusesAPlaceOutsideOfTheStorage(long offset, long[] shape, long[] strides, string message) =>
        Assert.Contains(message, TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Zip(PickleAssembler.OneTensor("FloatStorage", 6, offset, shape, strides), ("0", new byte[24]))));

    [Theory]
    [InlineData(1L << 21)]
    [InlineData(long.MaxValue)]
    public void RefusesAFewElementsRepeatedWithoutMeasure(long times) =>
        Assert.Contains("save it as tensor.contiguous()", TorchFiles.Refusal<UnsupportedCheckpointException>(TorchFiles.Zip(PickleAssembler.OneTensor("FloatStorage", 6, 0, [times, times], [0, 0]), ("0", new byte[24]))));

    // The other ways in which PyTorch has written tensors over the years.
    [Theory]
    [InlineData("_rebuild_tensor", "")]
    [InlineData("_rebuild_tensor_v2", "NN")]
    [InlineData("_rebuild_tensor_v2", "NNN")]
    public void ReadsTensorsOfEveryVersion(string function, string rest)
    {
        PickleAssembler pickle = new PickleAssembler().Raw("}").Text("w").Global("torch._utils", function).Raw("(").Storage("FloatStorage", "0", 2).Integer(1).Integers(1).Integers(1).Raw($"{rest}tRs.");
        Assert.Equal([2], TorchFiles.Read(TorchFiles.Zip(pickle.Bytes, ("0", TorchFiles.Floats(1, 2)))).Tensors["w"].ToFloats());
    }

    [Theory]
    [InlineData("float32", ElementType.Float32, 1f)]
    [InlineData("bfloat16", ElementType.BFloat16, 0f)]
    [InlineData("uint8", ElementType.UInt8, 0f)]
    public void ReadsUntypedStorages(string type, ElementType expected, float value)
    {
        PickleAssembler pickle = new PickleAssembler().Raw("}").Text("w").Global("torch._utils", "_rebuild_tensor_v3").Raw("(")
            .Raw("(").Text("storage").Global("torch.storage", "UntypedStorage").Text("0").Text("cpu").Integer(8).Raw("tQ")
            .Integer(1).Integers(1).Integers(1).Raw("NN").Global("torch", type).Raw("tRs.");
        CheckpointTensor tensor = TorchFiles.Read(TorchFiles.Zip(pickle.Bytes, ("0", [0, 0, 0, 0, 0, 0, 0x80, 0x3f]))).Tensors["w"];
        Assert.Equal(expected, tensor.Type);
        Assert.Equal([value], tensor.ToFloats());
    }

    [Theory]
    [InlineData("torch._utils", "_rebuild_parameter", "\u0088N")]
    [InlineData("torch._utils", "_rebuild_parameter_with_state", "\u0088NN")]
    [InlineData("torch.nn.parameter", "Parameter", "\u0088")]
    public void ReadsParameters(string module, string function, string rest)
    {
        PickleAssembler pickle = new PickleAssembler().Raw("}").Text("w").Global(module, function).Raw("(").Tensor("FloatStorage", "0", 2, 0, [2], [1]).Raw($"{rest}tRs.");
        Assert.Equal([1, 2], TorchFiles.Read(TorchFiles.Zip(pickle.Bytes, ("0", TorchFiles.Floats(1, 2)))).Tensors["w"].ToFloats());
    }
}
