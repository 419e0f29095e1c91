using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.E57;

/// <summary>
/// The values of one field: bytes that packets append and that decoding takes, bits from the least significant on. A value may
/// begin in one packet and end in the next.
/// </summary>
internal sealed class E57ByteStream(E57Field field)
{
    /// <summary>Zeros behind the bytes, so that a whole word can be loaded wherever a value begins.</summary>
    private const int Slack = 16;

    private byte[] _bytes = new byte[1024];
    private int _end;
    private long _bit;

    public E57Field Field { get; } = field;

    /// <summary>Bytes that wait to be decoded.</summary>
    public int Waiting => _end - (int)(_bit >> 3);

    /// <summary>Whole values that can be decoded.</summary>
    public long Available => Field.Bits == 0 ? long.MaxValue : (8L * _end - _bit) / Field.Bits;

    /// <summary>Adds the bytes of a packet, at most 64 KiB.</summary>
    public void Append(ReadOnlySpan<byte> payload)
    {
        int waiting = Waiting;
        byte[] target = waiting + payload.Length + Slack > _bytes.Length ? new byte[2 * (waiting + payload.Length + Slack)] : _bytes;
        _bytes.AsSpan(_end - waiting, waiting).CopyTo(target);
        payload.CopyTo(target.AsSpan(waiting));
        _bytes = target;
        _end = waiting + payload.Length;
        _bit &= 7;
    }

    /// <summary>Passes over values, at most <see cref="Available"/>.</summary>
    public void Skip(int count) => _bit += (long)count * Field.Bits;

    /// <summary>Takes the next values, at most <see cref="Available"/>.</summary>
    public void Decode(Span<double> values)
    {
        ReadOnlySpan<byte> bytes = _bytes.AsSpan((int)(_bit >> 3));
        if (Field.Type == E57FieldType.Double) MemoryMarshal.Cast<byte, double>(bytes)[..values.Length].CopyTo(values);
        else if (Field.Type == E57FieldType.Single)
        {
            ReadOnlySpan<float> floats = MemoryMarshal.Cast<byte, float>(bytes)[..values.Length];
            for (int i = 0; i < values.Length; i++) values[i] = floats[i];
        }
        else if (Field.Bits == 0) values.Fill(Field.Minimum * Field.Scale + Field.Offset);
        else Unpack(bytes, (int)(_bit & 7), values);
        Skip(values.Length);
    }

    private void Unpack(ReadOnlySpan<byte> bytes, int first, Span<double> values)
    {
        int bits = Field.Bits;
        ulong mask = ulong.MaxValue >> (64 - bits);
        long minimum = Field.Minimum, bit = first;
        double scale = Field.Scale, offset = Field.Offset;
        for (int i = 0; i < values.Length; i++, bit += bits)
        {
            int at = (int)(bit >> 3), shift = (int)(bit & 7);
            ulong stored = BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]) >> shift;
            if (shift + bits > 64) stored |= (ulong)bytes[at + 8] << (64 - shift);
            values[i] = unchecked(minimum + (long)(stored & mask)) * scale + offset;
        }
    }
}
