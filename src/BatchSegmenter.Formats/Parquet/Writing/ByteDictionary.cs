namespace BatchSegmenter.Formats.Parquet.Writing;

/// <summary>The distinct values of a column of bytes, ascending, and for each row the index of one.</summary>
internal sealed class ByteDictionary
{
    private readonly byte[] _entries = new byte[256];
    private int _count;

    /// <summary>The distinct values of those encoded last, ascending.</summary>
    public ReadOnlySpan<byte> Entries => _entries.AsSpan(0, _count);

    /// <summary>Bytes that so many rows take at most.</summary>
    public static int MostBytes(int rows) => 1 + rows + IndexRuns.MostBytes(rows);

    /// <summary>Encodes <paramref name="values"/> as a page of indices: their bits, and their runs.</summary>
    /// <param name="values">The values, one at least.</param>
    /// <param name="target">Room for <see cref="MostBytes"/>.</param>
    /// <returns>The bytes taken.</returns>
    public int Encode(ReadOnlySpan<byte> values, Span<byte> target)
    {
        Span<bool> occurs = stackalloc bool[256];
        foreach (byte value in values) occurs[value] = true;
        Span<byte> indexOf = stackalloc byte[256];
        _count = 0;
        for (int value = 0; value < occurs.Length; value++)
        {
            if (!occurs[value]) continue;
            indexOf[value] = (byte)_count;
            _entries[_count++] = (byte)value;
        }

        // The indices lie behind the room that their runs can take.
        Span<byte> indices = target.Slice(target.Length - values.Length, values.Length);
        for (int i = 0; i < values.Length; i++) indices[i] = indexOf[values[i]];
        int bits = IndexRuns.BitsOf(_count);
        target[0] = (byte)bits;
        return 1 + IndexRuns.Encode(indices, bits, target[1..]);
    }
}
