using System.Buffers.Binary;
using System.Text;
using BatchSegmenter.Onnx.Checkpoints;

namespace BatchSegmenter.Onnx.Tests.Checkpoints;

public sealed class SafetensorsWriterTests
{
    [Fact]
    public void WritesHeaderLengthHeaderAndTensors()
    {
        using MemoryStream stream = new();
        new SafetensorsWriter().Metadata("kind", "block").Add("a", new float[] { 1, 2 }, 2).Add("b", new int[] { -1 }, 1, 1).WriteTo(stream);
        byte[] bytes = stream.ToArray();

        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        Assert.Equal(
            """{"__metadata__":{"kind":"block"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I32","shape":[1,1],"data_offsets":[8,12]}}""",
            Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' '));
        Assert.Equal("0000803F00000040FFFFFFFF", Convert.ToHexString(bytes[(8 + length)..]));
    }

    [Fact]
    public void FramesOneAfterAnother()
    {
        using MemoryStream stream = new();
        SafetensorsWriter writer = new();
        for (int frame = 0; frame < 3; frame++)
        {
            writer.Clear();
            writer.Metadata("frame", $"{frame}").Add("x", new long[] { frame, 2 }, 2);
            writer.WriteFrame(stream);
        }

        ReadOnlyMemory<byte> rest = stream.ToArray();
        for (int frame = 0; frame < 3; frame++)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(rest.Span);
            SafetensorsFile file = SafetensorsFile.Read(rest.Slice(8, length), "frame");
            Assert.Equal($"{frame}", file.Metadata["frame"]);
            Assert.Equal([frame, 2], file.Tensors["x"].ToArray<long>());
            rest = rest[(8 + length)..];
        }
        Assert.True(rest.IsEmpty);
    }

    [Fact]
    public void WritesAHeaderWithoutTensors()
    {
        using MemoryStream stream = new();
        new SafetensorsWriter().Metadata("kind", "end").WriteTo(stream);
        SafetensorsFile file = SafetensorsFile.Read(stream.ToArray(), "end");
        Assert.Empty(file.Tensors);
        Assert.Equal("end", file.Metadata["kind"]);
    }

    [Fact]
    public void EscapesWhatJsonMust()
    {
        using MemoryStream stream = new();
        new SafetensorsWriter().Metadata("recipe", "{\"files\":[\"ä\\b\"]}\n").WriteTo(stream);
        Assert.Equal("{\"files\":[\"ä\\b\"]}\n", SafetensorsFile.Read(stream.ToArray(), "x").Metadata["recipe"]);
    }

    [Fact]
    public void RefusesAShapeOfAnotherSize() =>
        Assert.Contains("tensor x has 3 elements, but its shape [2, 2] asks for 4".ToLowerInvariant(),
            Assert.Throws<ArgumentException>(() => new SafetensorsWriter().Add("x", new float[3], 2, 2)).Message.ToLowerInvariant());
}
