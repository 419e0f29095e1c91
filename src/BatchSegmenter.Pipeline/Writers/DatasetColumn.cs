using System.Buffers;
using Parquet;
using Parquet.Schema;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>How a column's values are laid out before compression.</summary>
internal enum ColumnEncoding
{
    /// <summary>One value after the other.</summary>
    Plain,

    /// <summary>A dictionary and indices: for text, which the library does this for alone.</summary>
    Dictionary,

    /// <summary>Differences in packed bits: for whole numbers near their neighbours.</summary>
    Differences,

    /// <summary>The first bytes of all values, then the second bytes, and so on: for floating point, whose high bytes repeat.</summary>
    SplitBytes,
}

/// <summary>One column of the dataset: its place in the schema, and its values of the row group being gathered.</summary>
internal abstract class DatasetColumn(string name, Type type, ColumnEncoding encoding) : IDisposable
{
    private DataField? _field;

    /// <summary>The column's name.</summary>
    public string Name { get; } = name;

    /// <summary>How the values are laid out.</summary>
    public ColumnEncoding Encoding { get; } = encoding;

    /// <summary>Whether the schema allows nulls. The schema is the same for every input, whatever attributes it has.</summary>
    public bool Nullable { get; init; }

    /// <summary>Whether this input has no such values, so that every one is null.</summary>
    public bool Absent { get; set; }

    /// <summary>The column's place in the schema.</summary>
    public DataField Field => _field ??= new(Name, type, Nullable);

    /// <summary>Takes the values of <paramref name="count"/> points from <paramref name="offset"/> on, to stand from row <paramref name="row"/> on.</summary>
    public abstract void Gather(LabelledPoints points, int offset, int count, int row);

    /// <summary>Writes the first <paramref name="rows"/> values gathered.</summary>
    public abstract Task WriteAsync(ParquetRowGroupWriter group, int rows, CancellationToken cancellation);

    /// <summary>Gives the buffer back.</summary>
    public abstract void Dispose();
}

/// <summary>A column of numbers.</summary>
/// <param name="name">The column's name.</param>
/// <param name="encoding">How the values are laid out.</param>
/// <param name="take">Fills the target with the values of as many points from an offset within the run.</param>
internal sealed class DatasetColumn<T>(string name, ColumnEncoding encoding, DatasetColumn<T>.Take take) : DatasetColumn(name, typeof(T), encoding)
    where T : unmanaged
{
    private T[] _values = [];

    /// <summary>Fills <paramref name="target"/> with the values of as many points from <paramref name="offset"/> on.</summary>
    public delegate void Take(LabelledPoints points, int offset, Span<T> target);

    /// <summary>The values gathered.</summary>
    public ReadOnlySpan<T> Values => _values;

    public override void Gather(LabelledPoints points, int offset, int count, int row)
    {
        if (Absent) return;
        if (_values.Length < row + count) Grow(row, row + count);
        take(points, offset, _values.AsSpan(row, count));
    }

    public override Task WriteAsync(ParquetRowGroupWriter group, int rows, CancellationToken cancellation)
    {
        if (Absent) return group.WriteAllPartsAsync<T>(Field, ReadOnlyMemory<T>.Empty, new int[rows], null, cancellation);
        ReadOnlyMemory<T> values = _values.AsMemory(0, rows);
        return Nullable ? WritePresentAsync(group, values, cancellation) : group.WriteAsync(Field, values, cancellationToken: cancellation);
    }

    public override void Dispose()
    {
        if (_values.Length > 0) ArrayPool<T>.Shared.Return(_values);
        _values = [];
    }

    private async Task WritePresentAsync(ParquetRowGroupWriter group, ReadOnlyMemory<T> values, CancellationToken cancellation)
    {
        int[] levels = ArrayPool<int>.Shared.Rent(values.Length);
        levels.AsSpan(0, values.Length).Fill(1);
        await group.WriteAllPartsAsync(Field, values, levels.AsMemory(0, values.Length), null, cancellation).ConfigureAwait(false);
        ArrayPool<int>.Shared.Return(levels);
    }

    private void Grow(int held, int needed)
    {
        T[] grown = ArrayPool<T>.Shared.Rent(needed);
        _values.AsSpan(0, held).CopyTo(grown);
        Dispose();
        _values = grown;
    }
}

/// <summary>The name of each point's label, taken from a table, so that no text is made per point.</summary>
/// <param name="labels">The column of labels, which index the table.</param>
/// <param name="names">A name for every label, 0–255.</param>
internal sealed class LabelNameColumn(DatasetColumn<int> labels, IReadOnlyList<string> names)
    : DatasetColumn("label_name", typeof(string), ColumnEncoding.Dictionary)
{
    private readonly ReadOnlyMemory<char>[] _names = [.. names.Select(name => name.AsMemory())];

    public override void Gather(LabelledPoints points, int offset, int count, int row)
    {
        // The labels hold all that is needed.
    }

    public override async Task WriteAsync(ParquetRowGroupWriter group, int rows, CancellationToken cancellation)
    {
        ReadOnlyMemory<char>[] values = ArrayPool<ReadOnlyMemory<char>>.Shared.Rent(rows);
        for (int row = 0; row < rows; row++) values[row] = _names[labels.Values[row]];
        await group.WriteAsync<ReadOnlyMemory<char>>(Field, values.AsMemory(0, rows), cancellationToken: cancellation).ConfigureAwait(false);
        ArrayPool<ReadOnlyMemory<char>>.Shared.Return(values);
    }

    public override void Dispose()
    {
        // Holds no buffer.
    }
}
