using System.Buffers.Binary;
using System.Text;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Tests.Checkpoints;

public sealed class SafetensorsFileTests
{
    [Fact]
    public void ReadsTensorsAndMetadata()
    {
        SafetensorsFile file = SafetensorsFile.Read(File("""{"__metadata__":{"a":"b"},"x":{"dtype":"I32","shape":[2,1],"data_offsets":[4,12]},"y":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 12), "f");
        Assert.Equal("b", file.Metadata["a"]);
        Assert.Equal(ElementType.Int32, file.Tensors["x"].Type);
        Assert.Equal([2, 1], file.Tensors["x"].Shape);
        Assert.Equal([0x07060504, 0x0B0A0908], file.Tensors["x"].ToArray<int>());
        Assert.Empty(file.Tensors["y"].Shape);
        Assert.Throws<InvalidOperationException>(() => file.Tensors["y"].ToArray<int>());
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", 8, "tensor x has 8 bytes, but F32 of shape [1] takes 4")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "claims bytes [0, 8] of 4 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "claims bytes [8, 0] of 8 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "claims bytes [-8, 0]")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "claims bytes [0]")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "extent of -2")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,8]}}""", 8, "tensor x has 8 bytes")]
    [InlineData("""{"x":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}""", 2, "tensor x is of type F8_E4M3; F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL are read")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "begins at byte 4 of the data, but the one before ends at 0")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "begins at byte 0 of the data, but the one before ends at 4")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "8 bytes of data follow the header, but its tensors cover 4")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1]}}""", 4, "no valid safetensors header")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "no valid safetensors header")]
    [InlineData("""{"x":7}""", 4, "no valid safetensors header")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "no valid safetensors header")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "no valid safetensors header")]
    [InlineData("[]", 0, "no valid safetensors header")]
    [InlineData("{", 0, "no valid safetensors header")]
    public void RefusesAHeaderThatLies(string header, int dataLength, string message)
    {
        InvalidCheckpointException fault = Assert.Throws<InvalidCheckpointException>(() => SafetensorsFile.Read(File(header, dataLength), "lies.safetensors"));
        Assert.StartsWith("lies.safetensors: ", fault.Message);
        Assert.Contains(message, fault.Message);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(25UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 31)]
    public void RefusesAHeaderLengthThatLies(ulong length)
    {
        byte[] bytes = File("{}", 0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        Assert.Throws<InvalidCheckpointException>(() => SafetensorsFile.Read(bytes, "x"));
    }

    [Fact]
    public void RefusesEveryTruncation()
    {
        byte[] bytes = File("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8);
        for (int length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidCheckpointException>(() => SafetensorsFile.Read(bytes.AsMemory(0, length), "x"));
    }

    private static byte[] File(string header, int dataLength)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] bytes = new byte[8 + text.Length + dataLength];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)text.Length);
        text.CopyTo(bytes, 8);
        for (int i = 0; i < dataLength; i++) bytes[8 + text.Length + i] = (byte)i;
        return bytes;
    }
}
