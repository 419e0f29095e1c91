using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace BatchSegmenter.Formats.Parquet.Writing;

/// <summary>
/// Encodes the values of a column as a page: definition levels before them where the column is nullable. Every page is in the same buffer, and holds
/// until the next.
/// </summary>
internal sealed class PageEncoder : IDisposable
{
    private const int LevelBytes = sizeof(int) + 6; // definition levels that are one run

    private byte[] _page = [];

    /// <summary>Rows without a value.</summary>
    public ReadOnlySpan<byte> Nulls(int rows)
    {
        Span<byte> page = Page(LevelBytes);
        return page[..WriteLevels(page, rows, 0)];
    }

    /// <summary>Floating point, split into its bytes.</summary>
    public ReadOnlySpan<byte> Split<T>(ReadOnlySpan<T> values, bool isNullable)
        where T : unmanaged
    {
        int bytes = values.Length * Unsafe.SizeOf<T>();
        Span<byte> page = Page(LevelBytes + bytes);
        int at = Begin(page, values.Length, isNullable);
        ByteSplitting.Split(values, page.Slice(at, bytes));
        return page[..(at + bytes)];
    }

    /// <summary>Whole numbers as differences.</summary>
    public ReadOnlySpan<byte> Differences<T>(ReadOnlySpan<T> values, bool isNullable)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        Span<byte> page = Page(LevelBytes + DeltaPacking.MostBytes<T>(values.Length));
        int at = Begin(page, values.Length, isNullable);
        return page[..(at + DeltaPacking.Encode(values, page[at..]))];
    }

    /// <summary>Truths (0 or 1) as bits, the first lowest.</summary>
    public ReadOnlySpan<byte> Bits(ReadOnlySpan<byte> values, bool isNullable)
    {
        Span<byte> page = Page(LevelBytes + ((values.Length + 7) / 8));
        int at = Begin(page, values.Length, isNullable);
        for (int i = 0; i < values.Length; i += 8)
        {
            int bits = 0;
            for (int bit = Math.Min(8, values.Length - i) - 1; bit >= 0; bit--) bits = (bits << 1) | values[i + bit];
            page[at++] = (byte)bits;
        }

        return page[..at];
    }

    /// <summary>Indices into a dictionary, which is made of the values.</summary>
    public ReadOnlySpan<byte> Indices(ReadOnlySpan<byte> values, ByteDictionary dictionary, bool isNullable)
    {
        Span<byte> page = Page(LevelBytes + ByteDictionary.MostBytes(values.Length));
        int at = Begin(page, values.Length, isNullable);
        return page[..(at + dictionary.Encode(values, page[at..]))];
    }

    /// <summary>A dictionary of text: the bytes of each behind their number.</summary>
    public ReadOnlySpan<byte> Texts(ReadOnlySpan<byte[]> texts)
    {
        int length = 0, at = 0;
        foreach (byte[] text in texts) length += sizeof(int) + text.Length;
        Span<byte> page = Page(length);
        foreach (byte[] text in texts)
        {
            BinaryPrimitives.WriteInt32LittleEndian(page[at..], text.Length);
            text.CopyTo(page[(at + sizeof(int))..]);
            at += sizeof(int) + text.Length;
        }

        return page;
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (_page.Length > 0) ArrayPool<byte>.Shared.Return(_page);
        _page = [];
    }

    private static int Begin(Span<byte> page, int rows, bool isNullable) => isNullable ? WriteLevels(page, rows, 1) : 0;

    // Whether a row has a value is the same for all of them: a single run, behind its bytes.
    private static int WriteLevels(Span<byte> page, int rows, byte level)
    {
        int run = IndexRuns.WriteRun(page[sizeof(int)..], rows) + 1;
        page[sizeof(int) + run - 1] = level;
        BinaryPrimitives.WriteInt32LittleEndian(page, run);
        return sizeof(int) + run;
    }

    private Span<byte> Page(int bytes)
    {
        if (_page.Length < bytes)
        {
            Dispose();
            _page = ArrayPool<byte>.Shared.Rent(bytes);
        }

        return _page.AsSpan(0, bytes);
    }
}
