using System.Buffers.Binary;
using System.Runtime.InteropServices;
using BatchSegmenter.Formats.Parquet.Writing;

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
    private readonly ColumnWriter _writer;
    private int _column;

    /// <summary>Prepares to write tables of these columns.</summary>
    /// <param name="columns">The columns, in their order.</param>
    /// <param name="metadata">Texts by their keys, which each footer holds; none where null.</param>
    public ParquetTableWriter(IReadOnlyList<ParquetColumn> columns, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _columns = [.. columns];
        _footer = new(_columns, metadata ?? new Dictionary<string, string>());
        _writer = new(_columns, _pages, _footer);
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
        _column = 0;
        _writer.BeginGroup(rows);
    }

    /// <summary>Writes the next column; bytes may be the values of a column of <see cref="ParquetColumnType.Int32"/>, too.</summary>
    /// <param name="values">A value for every row.</param>
    /// <exception cref="ArgumentException">Values of another type or number than the column's.</exception>
    /// <exception cref="InvalidOperationException">All columns of the row group have been written.</exception>
    public void Write<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ParquetColumn column = Next();
        if (values.Length != _writer.Rows) throw new ArgumentException($"{values.Length} values of {column.Name} for {_writer.Rows} rows.", nameof(values));
        switch (column.Type)
        {
            case ParquetColumnType.Double when typeof(T) == typeof(double):
                _writer.WriteSplit(_column, MemoryMarshal.Cast<T, double>(values));
                break;
            case ParquetColumnType.Float when typeof(T) == typeof(float):
                _writer.WriteSplit(_column, MemoryMarshal.Cast<T, float>(values));
                break;
            case ParquetColumnType.Int64 when typeof(T) == typeof(long):
                _writer.WriteDifferences(_column, MemoryMarshal.Cast<T, long>(values));
                break;
            case ParquetColumnType.Int32 when typeof(T) == typeof(int):
                _writer.WriteDifferences(_column, MemoryMarshal.Cast<T, int>(values));
                break;
            case ParquetColumnType.UInt16 when typeof(T) == typeof(ushort):
                _writer.WriteWidened(_column, MemoryMarshal.Cast<T, ushort>(values));
                break;
            case ParquetColumnType.UInt8 or ParquetColumnType.Int32 when typeof(T) == typeof(byte):
                _writer.WriteIndices(_column, MemoryMarshal.Cast<T, byte>(values));
                break;
            case ParquetColumnType.Boolean when typeof(T) == typeof(bool):
                _writer.WriteBits(_column, MemoryMarshal.Cast<T, byte>(values));
                break;
            default:
                throw new ArgumentException($"Values of {typeof(T).Name} for {column.Name}, a column of {column.Type}.", nameof(values));
        }

        End();
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
        if (_writer.Indexed is not { } indexed) throw new InvalidOperationException($"No bytes that {column.Name} could name were written before.");
        if (column.IsNullable != indexed.IsNullable) throw new ArgumentException($"Names of {indexed.Name} for {column.Name}, of which one is nullable.", nameof(names));
        _writer.WriteNames(_column, names);
        End();
    }

    /// <summary>Writes the next column, of nothing but nulls.</summary>
    /// <exception cref="ArgumentException">The column is not nullable.</exception>
    /// <exception cref="InvalidOperationException">All columns of the row group have been written.</exception>
    public void WriteNulls()
    {
        ParquetColumn column = Next();
        if (!column.IsNullable) throw new ArgumentException($"Nulls for {column.Name}, which is not nullable.");
        _writer.WriteNulls(_column);
        End();
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
        _writer.Dispose();
    }

    private void End()
    {
        if (++_column == _columns.Length) _footer.EndGroup();
    }

    private ParquetColumn Next() =>
        _column < _columns.Length ? _columns[_column] : throw new InvalidOperationException($"All {_columns.Length} columns of the row group have been written.");

    private void RequireWhole()
    {
        if (_column < _columns.Length) throw new InvalidOperationException($"The row group has {_column} of {_columns.Length} columns.");
    }
}
