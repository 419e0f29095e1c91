using System.Buffers.Binary;

namespace BatchSegmenter.Formats.Archives;

/// <summary>A header block of a tar archive: old, POSIX (ustar, pax) or GNU.</summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    /// <summary>Bytes of a block; everything in a tar archive is a whole number of them.</summary>
    public const int Length = 512;

    private readonly ReadOnlySpan<byte> _block = block;

    /// <summary>What the member is: a file is <c>0</c> or NUL.</summary>
    public char Type => (char)_block[156];

    /// <summary>Bytes of content; negative where the field holds no number.</summary>
    public long Size => Number(_block.Slice(124, 12));

    public string Name
    {
        get
        {
            string name = MemberName.Decode(Text(_block[..100]));
            ReadOnlySpan<byte> prefix = _block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(_block.Slice(345, 155)) : [];
            return prefix.IsEmpty ? name : $"{MemberName.Decode(prefix)}/{name}";
        }
    }

    /// <summary>Whether the checksum is right, by which a header is known.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> block)
    {
        if (block.Length < Length || block[0] == 0) return false;
        long sum = 8 * ' ';
        for (int i = 0; i < Length; i++)
            if (i is < 148 or >= 156) sum += block[i];
        return sum == Number(block.Slice(148, 8));
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field) => field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;

    /// <summary>Octal digits, or a binary number where the first bit is set.</summary>
    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
            return field.Length == 12 && field[0] == 0x80 && field[1..4].IndexOfAnyExcept((byte)0) < 0 ? BinaryPrimitives.ReadInt64BigEndian(field[4..]) : -1;
        field = field.Trim(" \0"u8);
        long value = 0;
        foreach (byte digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7') return -1;
            value = (value << 3) + digit - '0';
        }

        return value;
    }
}
