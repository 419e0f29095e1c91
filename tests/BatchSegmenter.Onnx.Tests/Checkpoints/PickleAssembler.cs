using System.Buffers.Binary;
using System.Text;

namespace BatchSegmenter.Onnx.Tests.Checkpoints;

/// <summary>Writes pickles opcode by opcode.</summary>
internal sealed class PickleAssembler
{
    private readonly MemoryStream _bytes = new();

    public byte[] Bytes => _bytes.ToArray();

    /// <summary>Opcodes and text as they are, a character per byte.</summary>
    public PickleAssembler Raw(string latin1) => Raw(Encoding.Latin1.GetBytes(latin1));

    public PickleAssembler Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public PickleAssembler Protocol(byte protocol) => Raw(0x80, protocol);

    public PickleAssembler Global(string module, string name) => Raw($"c{module}\n{name}\n");

    public PickleAssembler Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Raw("X").Int32(utf8.Length).Raw(utf8);
    }

    public PickleAssembler Integer(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw(0x8a, 8).Raw(bytes);
    }

    public PickleAssembler Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public PickleAssembler Integers(params long[] values)
    {
        Raw("(");
        foreach (long value in values) Integer(value);
        return Raw("t");
    }

    public PickleAssembler Storage(string type, string key, long count, (string Key, long Offset, long Count)? part = null)
    {
        Raw("(").Text("storage").Global("torch", type).Text(key).Text("cpu").Integer(count);
        if (part is { } view) Raw("(").Text(view.Key).Integer(view.Offset).Integer(view.Count).Raw("t");
        return Raw("tQ");
    }

    public PickleAssembler Tensor(string type, string key, long count, long offset, long[] shape, long[] strides, (string Key, long Offset, long Count)? part = null) =>
        Global("torch._utils", "_rebuild_tensor_v2").Raw("(").Storage(type, key, count, part).Integer(offset).Integers(shape).Integers(strides)
            .Raw(0x89).Global("collections", "OrderedDict").Raw(")RtR");

    /// <summary>A pickle of a dictionary with one tensor named <c>w</c>.</summary>
    public static byte[] OneTensor(string type, long count, long offset, long[] shape, long[] strides) =>
        new PickleAssembler().Protocol(2).Raw("}").Text("w").Tensor(type, "0", count, offset, shape, strides).Raw("s.").Bytes;
}
