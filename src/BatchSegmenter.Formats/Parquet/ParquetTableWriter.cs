using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using BatchSegmenter.Formats.Parquet.Writing;
using Encoding = Parquet.Meta.Encoding;

namespace BatchSegmenter.Formats.Parquet;

/// <summary>
/// Writes tables of numbers and names as Parquet, one file after the other: one page for a column of a row group, floating point split into its bytes,
/// wide whole numbers as differences, bytes by a dictionary, zstd; with bounds and the number of nulls. Equal rows in equal row groups give equal bytes.
/// </summary>
/// <remarks>
/// Calls follow the file: <see cref="BeginFile"/>; for each row group <see cref="BeginGroup"/> and a call for each column in their order; <see cref="EndFile"/>.
/// What they make is held until it is taken by <see cref="Flush"/> or <see cref="FlushAsync"/>, after each column at best.
/// </remarks>
public sealed class ParquetTableWriter : IDisposable
{
    private readonly ParquetColumn[] _columns;
    private readonly TableFooter _footer;
    private readonly PageStream _pages = new();
    private readonly PageEncoder _encoder = new();
    private readonly ByteDictionary _dictionary = new();
    private byte[] _indexPage = [];
    private int _indexColumn = -1;
    private PageSize _indexSize;
    private int _rows;
    private int _column;

    /// <summary>Prepares to write tables of these columns.</summary>
    /// <param name="columns">The columns, in their order.</param>
    /// <param name="metadata">Texts by their keys, which each footer holds; none where null.</param>
    public ParquetTableWriter(IReadOnlyList<ParquetColumn> columns, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _columns = [.. columns];
        _footer = new(_columns, metadata ?? new Dictionary<string, string>());
        _column = _columns.Length;
    }

    /// <summary>Begins a file.</summary>
    public void BeginFile()
    {
        _pages.Restart();
        _footer.Restart();
        _pages.Append("PAR1"u8);
        _column = _columns.Length;
    }

    /// <summary>Begins a row group.</summary>
    /// <param name="rows">Its rows, 1 to 2^24.</param>
    /// <exception cref="InvalidOperationException">The row group before lacks columns.</exception>
    public void BeginGroup(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, ParquetPointReader.MaxRowsPerGroup);
        RequireWhole();
        (_rows, _column, _indexColumn) = (rows, 0, -1);
        _footer.BeginGroup(rows);
    }

    /// <summary>Writes the next column; bytes may be the values of a column of <see cref="ParquetColumnType.Int32"/>, too.</summary>
    /// <param name="values">A value for every row.</param>
    /// <exception cref="ArgumentException">Values of another type or number than the column's.</exception>
    /// <exception cref="InvalidOperationException">All columns of the row group have been written.</exception>
    public void Write<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ParquetColumn column = Next();
        if (values.Length != _rows) throw new ArgumentException($"{values.Length} values of {column.Name} for {_rows} rows.", nameof(values));
        switch (column.Type)
        {
            case ParquetColumnType.Double when typeof(T) == typeof(double):
                WriteSplit(column, MemoryMarshal.Cast<T, double>(values));
                break;
            case ParquetColumnType.Float when typeof(T) == typeof(float):
                WriteSplit(column, MemoryMarshal.Cast<T, float>(values));
                break;
            case ParquetColumnType.Int64 when typeof(T) == typeof(long):
                WriteDifferences(column, MemoryMarshal.Cast<T, long>(values));
                break;
            case ParquetColumnType.Int32 when typeof(T) == typeof(int):
                WriteDifferences(column, MemoryMarshal.Cast<T, int>(values));
                break;
            case ParquetColumnType.UInt16 when typeof(T) == typeof(ushort):
                WriteWidened(column, MemoryMarshal.Cast<T, ushort>(values));
                break;
            case ParquetColumnType.UInt8 or ParquetColumnType.Int32 when typeof(T) == typeof(byte):
                WriteIndices(column, MemoryMarshal.Cast<T, byte>(values));
                break;
            case ParquetColumnType.Boolean when typeof(T) == typeof(bool):
                ReadOnlySpan<byte> truths = MemoryMarshal.Cast<T, byte>(values);
                WriteValues(_encoder.Bits(truths, column.IsNullable), Encoding.PLAIN, truths);
                break;
            default:
                throw new ArgumentException($"Values of {typeof(T).Name} for {column.Name}, a column of {column.Type}.", nameof(values));
        }
    }

    /// <summary>Writes the next column, of text: a name for each of the bytes written last in this row group, whose indices it shares.</summary>
    /// <param name="names">The names by those bytes; names of others are not asked for.</param>
    /// <exception cref="ArgumentException">The column is not of text, or nullable where that of the bytes is not.</exception>
    /// <exception cref="InvalidOperationException">No bytes have been written in this row group, or all of its columns.</exception>
    public void WriteNames(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        ParquetColumn column = Next();
        if (column.Type != ParquetColumnType.Text) throw new ArgumentException($"Names for {column.Name}, a column of {column.Type}.", nameof(names));
        if (_indexColumn < 0) throw new InvalidOperationException($"No bytes that {column.Name} could name were written before.");
        if (column.IsNullable != _columns[_indexColumn].IsNullable)
            throw new ArgumentException($"Names of {_columns[_indexColumn].Name} for {column.Name}, of which one is nullable.", nameof(names));

        byte[][] entries = new byte[_dictionary.Entries.Length][];
        for (int i = 0; i < entries.Length; i++) entries[i] = System.Text.Encoding.UTF8.GetBytes(names[_dictionary.Entries[i]]);
        byte[] min = entries[0], max = entries[0];
        foreach (byte[] entry in entries)
        {
            if (entry.AsSpan().SequenceCompareTo(min) < 0) min = entry;
            if (entry.AsSpan().SequenceCompareTo(max) > 0) max = entry;
        }

        long start = _pages.Position;
        PageSize dictionary = _pages.AppendDictionary(_encoder.Texts(entries), entries.Length);
        _pages.Append(_indexPage.AsSpan(0, _indexSize.Bytes));
        End(new ColumnPages(start, dictionary, _indexSize, Encoding.RLE_DICTIONARY, 0), min, max);
    }

    /// <summary>Writes the next column, of nothing but nulls.</summary>
    /// <exception cref="ArgumentException">The column is not nullable.</exception>
    /// <exception cref="InvalidOperationException">All columns of the row group have been written.</exception>
    public void WriteNulls()
    {
        ParquetColumn column = Next();
        if (!column.IsNullable) throw new ArgumentException($"Nulls for {column.Name}, which is not nullable.");
        long start = _pages.Position;
        PageSize size = _pages.AppendData(_encoder.Nulls(_rows), _rows, Encoding.PLAIN);
        End(new ColumnPages(start, default, size, Encoding.PLAIN, _rows), default, default);
    }

    /// <summary>Ends the file.</summary>
    /// <exception cref="InvalidOperationException">The last row group lacks columns.</exception>
    public void EndFile()
    {
        RequireWhole();
        ReadOnlySpan<byte> footer = _footer.Write();
        _pages.Append(footer);
        Span<byte> tail = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(tail, footer.Length);
        "PAR1"u8.CopyTo(tail[4..]);
        _pages.Append(tail);
    }

    /// <summary>Writes what is held to the file.</summary>
    /// <exception cref="IOException">The file system is full or gone.</exception>
    public void Flush(Stream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Write(_pages.Pending.Span);
        _pages.Flushed();
    }

    /// <summary>Writes what is held to the file.</summary>
    /// <exception cref="IOException">The file system is full or gone.</exception>
    public async ValueTask FlushAsync(Stream file, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        await file.WriteAsync(_pages.Pending, cancellation).ConfigureAwait(false);
        _pages.Flushed();
    }

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        _pages.Dispose();
        _encoder.Dispose();
        ReturnIndexPage();
    }

    private void WriteSplit<T>(ParquetColumn column, ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T> => WriteValues(_encoder.Split(values, column.IsNullable), Encoding.BYTE_STREAM_SPLIT, values);

    private void WriteDifferences<T>(ParquetColumn column, ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> =>
        WriteValues(_encoder.Differences(values, column.IsNullable), Encoding.DELTA_BINARY_PACKED, values);

    private void WriteWidened(ParquetColumn column, ReadOnlySpan<ushort> values)
    {
        int[] wide = ArrayPool<int>.Shared.Rent(values.Length);
        for (int i = 0; i < values.Length; i++) wide[i] = values[i];
        WriteDifferences<int>(column, wide.AsSpan(0, values.Length));
        ArrayPool<int>.Shared.Return(wide);
    }

    // Appends a page of values that are encoded as they are.
    private void WriteValues<T>(ReadOnlySpan<byte> page, Encoding encoding, ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T>
    {
        long start = _pages.Position;
        PageSize size = _pages.AppendData(page, _rows, encoding);
        bool hasBounds = ColumnBounds.TryFind(values, out T min, out T max);
        ReadOnlySpan<byte> low = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in min)), high = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in max));
        End(new ColumnPages(start, default, size, encoding, 0), hasBounds ? low : default, hasBounds ? high : default);
    }

    private void WriteIndices(ParquetColumn column, ReadOnlySpan<byte> values)
    {
        ReadOnlySpan<byte> page = _encoder.Indices(values, _dictionary, column.IsNullable), entries = _dictionary.Entries;
        Span<byte> dictionary = stackalloc byte[entries.Length * sizeof(int)];
        for (int i = 0; i < entries.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(dictionary[(i * sizeof(int))..], entries[i]);

        long start = _pages.Position;
        PageSize size = _pages.AppendDictionary(dictionary, entries.Length);
        _indexSize = _pages.AppendData(page, _rows, Encoding.RLE_DICTIONARY);
        _indexColumn = _column;
        if (_indexPage.Length < _indexSize.Bytes)
        {
            ReturnIndexPage();
            _indexPage = ArrayPool<byte>.Shared.Rent(_indexSize.Bytes);
        }

        _pages.Pending.Span[^_indexSize.Bytes..].CopyTo(_indexPage);
        End(new ColumnPages(start, size, _indexSize, Encoding.RLE_DICTIONARY, 0), dictionary[..sizeof(int)], dictionary[^sizeof(int)..]);
    }

    private void End(ColumnPages pages, ReadOnlySpan<byte> min, ReadOnlySpan<byte> max)
    {
        _footer.AddColumn(_column, pages, min, max);
        if (++_column == _columns.Length) _footer.EndGroup();
    }

    private ParquetColumn Next() =>
        _column < _columns.Length ? _columns[_column] : throw new InvalidOperationException($"All {_columns.Length} columns of the row group have been written.");

    private void RequireWhole()
    {
        if (_column < _columns.Length) throw new InvalidOperationException($"The row group has {_column} of {_columns.Length} columns.");
    }

    private void ReturnIndexPage()
    {
        if (_indexPage.Length > 0) ArrayPool<byte>.Shared.Return(_indexPage);
        _indexPage = [];
    }
}
