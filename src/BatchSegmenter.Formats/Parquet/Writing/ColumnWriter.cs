using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Encoding = Parquet.Meta.Encoding;

namespace BatchSegmenter.Formats.Parquet.Writing;

/// <summary>Makes the pages of one column of a row group after the other, and tells the footer of them.</summary>
/// <param name="columns">The columns of the schema.</param>
/// <param name="pages">Where the pages go.</param>
/// <param name="footer">Is told of them.</param>
internal sealed class ColumnWriter(IReadOnlyList<ParquetColumn> columns, PageStream pages, TableFooter footer) : IDisposable
{
    private readonly PageEncoder _encoder = new();
    private readonly ByteDictionary _dictionary = new();
    private byte[] _indexPage = [];
    private PageSize _indexSize;
    private int _indexColumn = -1;

    /// <summary>The column whose bytes were written last in this row group; null before there are any.</summary>
    public ParquetColumn? Indexed => _indexColumn < 0 ? null : columns[_indexColumn];

    /// <summary>Rows of the row group.</summary>
    public int Rows { get; private set; }

    /// <summary>Begins a row group.</summary>
    public void BeginGroup(int rows)
    {
        (Rows, _indexColumn) = (rows, -1);
        footer.BeginGroup(rows);
    }

    /// <summary>Writes floating point, split into its bytes.</summary>
    public void WriteSplit<T>(int column, ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T> => WriteValues(column, _encoder.Split(values, columns[column].IsNullable), Encoding.BYTE_STREAM_SPLIT, values);

    /// <summary>Writes whole numbers as differences.</summary>
    public void WriteDifferences<T>(int column, ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> =>
        WriteValues(column, _encoder.Differences(values, columns[column].IsNullable), Encoding.DELTA_BINARY_PACKED, values);

    /// <summary>Writes whole numbers of 16 bits as differences: the format has 32 at least.</summary>
    public void WriteWidened(int column, ReadOnlySpan<ushort> values)
    {
        int[] wide = ArrayPool<int>.Shared.Rent(values.Length);
        for (int i = 0; i < values.Length; i++) wide[i] = values[i];
        WriteDifferences<int>(column, wide.AsSpan(0, values.Length));
        ArrayPool<int>.Shared.Return(wide);
    }

    /// <summary>Writes truths (0 or 1) as bits.</summary>
    public void WriteBits(int column, ReadOnlySpan<byte> values) =>
        WriteValues(column, _encoder.Bits(values, columns[column].IsNullable), Encoding.PLAIN, values);

    /// <summary>Writes bytes as numbers by a dictionary; its page of indices is kept for names.</summary>
    public void WriteIndices(int column, ReadOnlySpan<byte> values)
    {
        ReadOnlySpan<byte> page = _encoder.Indices(values, _dictionary, columns[column].IsNullable), entries = _dictionary.Entries;
        Span<byte> dictionary = stackalloc byte[entries.Length * sizeof(int)];
        for (int i = 0; i < entries.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(dictionary[(i * sizeof(int))..], entries[i]);

        long start = pages.Position;
        PageSize size = pages.AppendDictionary(dictionary, entries.Length);
        _indexSize = pages.AppendData(page, Rows, Encoding.RLE_DICTIONARY);
        _indexColumn = column;
        if (_indexPage.Length < _indexSize.Bytes)
        {
            ReturnIndexPage();
            _indexPage = ArrayPool<byte>.Shared.Rent(_indexSize.Bytes);
        }

        pages.Pending.Span[^_indexSize.Bytes..].CopyTo(_indexPage);
        footer.AddColumn(column, new ColumnPages(start, size, _indexSize, Encoding.RLE_DICTIONARY, 0), dictionary[..sizeof(int)], dictionary[^sizeof(int)..]);
    }

    /// <summary>Writes a name for each of the bytes written last: another dictionary before the same page of indices.</summary>
    public void WriteNames(int column, IReadOnlyList<string> names)
    {
        byte[][] entries = new byte[_dictionary.Entries.Length][];
        for (int i = 0; i < entries.Length; i++) entries[i] = System.Text.Encoding.UTF8.GetBytes(names[_dictionary.Entries[i]]);
        byte[] min = entries[0], max = entries[0];
        foreach (byte[] entry in entries)
        {
            if (entry.AsSpan().SequenceCompareTo(min) < 0) min = entry;
            if (entry.AsSpan().SequenceCompareTo(max) > 0) max = entry;
        }

        long start = pages.Position;
        PageSize size = pages.AppendDictionary(_encoder.Texts(entries), entries.Length);
        pages.Append(_indexPage.AsSpan(0, _indexSize.Bytes));
        footer.AddColumn(column, new ColumnPages(start, size, _indexSize, Encoding.RLE_DICTIONARY, 0), min, max);
    }

    /// <summary>Writes nothing but nulls.</summary>
    public void WriteNulls(int column)
    {
        long start = pages.Position;
        PageSize size = pages.AppendData(_encoder.Nulls(Rows), Rows, Encoding.PLAIN);
        footer.AddColumn(column, new ColumnPages(start, default, size, Encoding.PLAIN, Rows), default, default);
    }

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        _encoder.Dispose();
        ReturnIndexPage();
    }

    // Appends a page of values that are encoded as they are.
    private void WriteValues<T>(int column, ReadOnlySpan<byte> page, Encoding encoding, ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T>
    {
        long start = pages.Position;
        PageSize size = pages.AppendData(page, Rows, encoding);
        bool hasBounds = ColumnBounds.TryFind(values, out T min, out T max);
        ReadOnlySpan<byte> low = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in min)), high = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in max));
        footer.AddColumn(column, new ColumnPages(start, default, size, encoding, 0), hasBounds ? low : default, hasBounds ? high : default);
    }

    private void ReturnIndexPage()
    {
        if (_indexPage.Length > 0) ArrayPool<byte>.Shared.Return(_indexPage);
        _indexPage = [];
    }
}
