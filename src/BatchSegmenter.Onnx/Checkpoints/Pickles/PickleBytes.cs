using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace BatchSegmenter.Onnx.Checkpoints.Pickles;

/// <summary>The bytes of a pickle, read forwards. Every length is checked against the bytes that are left.</summary>
/// <param name="bytes">The pickle and whatever follows it.</param>
/// <param name="path">The file, for errors.</param>
/// <param name="part">What of the file this is, such as <c>archive/data.pkl</c>; null for the file itself.</param>
/// <param name="start">Where to begin.</param>
internal sealed class PickleBytes(ReadOnlyMemory<byte> bytes, string path, string? part = null, int start = 0)
{
    /// <summary>The next byte's offset.</summary>
    public int Position { get; private set; } = start;

    public int Left => bytes.Length - Position;

    public byte ReadByte() => Take(1, "an opcode").Span[0];

    /// <summary>The next bytes, without a copy.</summary>
    public ReadOnlyMemory<byte> Take(ulong count, string what)
    {
        if (count > (ulong)Left) throw Invalid(Position, $"{what} of {count} bytes, but {Left} follow. The file is cut short or damaged");
        Position += (int)count;
        return bytes.Slice(Position - (int)count, (int)count);
    }

    public ulong ReadUnsigned(int size)
    {
        ulong value = 0;
        ReadOnlySpan<byte> read = Take((ulong)size, "a number").Span;
        for (int i = size - 1; i >= 0; i--) value = value << 8 | read[i];
        return value;
    }

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4, "a number").Span);

    public double ReadBigEndianDouble() => BinaryPrimitives.ReadDoubleBigEndian(Take(8, "a number").Span);

    public string ReadUtf8(ulong length)
    {
        int at = Position;
        try
        {
            return StrictUtf8.GetString(Take(length, "a string").Span);
        }
        catch (DecoderFallbackException)
        {
            throw Invalid(at, "a string that is not UTF-8");
        }
    }

    /// <summary>A string of Python 2: one character per byte.</summary>
    public string ReadLatin1(ulong length) => Encoding.Latin1.GetString(Take(length, "a string").Span);

    /// <summary>Text up to the next line feed, which is passed over.</summary>
    public string ReadLine()
    {
        int length = bytes.Span[Position..].IndexOf((byte)'\n');
        if (length < 0) throw Invalid(Position, "a line that does not end. The file is cut short or damaged");
        string line = ReadLatin1((ulong)length);
        Position++;
        return line;
    }

    /// <summary>A signed number of any length: <see cref="long"/> where it fits, else <see cref="BigInteger"/>.</summary>
    public object ReadLong(ulong length)
    {
        ReadOnlySpan<byte> value = Take(length, "a number").Span;
        return value.Length > sizeof(long) ? (object)new BigInteger(value) : (long)new BigInteger(value);
    }

    /// <summary>The error of a pickle that breaks the rules.</summary>
    public InvalidCheckpointException Invalid(int offset, string found) => new(path, $"{Place(offset)}: {found}.");

    /// <summary>The error of a pickle that asks for what is not done here.</summary>
    public UnsupportedCheckpointException Unsupported(int offset, string found) => new(path, $"{Place(offset)}: {found}.");

    private string Place(int offset) => part is null ? $"byte {offset}" : $"byte {offset} of {part}";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
}
