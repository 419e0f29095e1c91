using System.Buffers;
using BatchSegmenter.Formats.Parquet;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>One column of the dataset: its place in the schema, and its values of the row group being gathered.</summary>
/// <param name="column">Its place in the schema, which is the same for every input, whatever attributes it has.</param>
internal abstract class DatasetColumn(ParquetColumn column) : IDisposable
{
    /// <summary>The column's place in the schema.</summary>
    public ParquetColumn Column { get; } = column;

    /// <summary>Whether this input has no such values, so that every one is null.</summary>
    public bool Absent { get; set; }

    /// <summary>Takes the values of <paramref name="count"/> points from <paramref name="offset"/> on, to stand from row <paramref name="row"/> on.</summary>
    public abstract void Gather(LabelledPoints points, int offset, int count, int row);

    /// <summary>Writes the first <paramref name="rows"/> values gathered.</summary>
    public abstract void Write(ParquetTableWriter table, int rows);

    /// <summary>Gives the buffer back.</summary>
    public abstract void Dispose();
}

/// <summary>A column of numbers.</summary>
/// <param name="column">Its place in the schema.</param>
/// <param name="take">Fills the target with the values of as many points from an offset within the run.</param>
internal sealed class DatasetColumn<T>(ParquetColumn column, DatasetColumn<T>.Take take) : DatasetColumn(column)
    where T : unmanaged
{
    private T[] _values = [];

    /// <summary>Fills <paramref name="target"/> with the values of as many points from <paramref name="offset"/> on.</summary>
    public delegate void Take(LabelledPoints points, int offset, Span<T> target);

    public override void Gather(LabelledPoints points, int offset, int count, int row)
    {
        if (Absent) return;
        if (_values.Length < row + count) Grow(row, row + count);
        take(points, offset, _values.AsSpan(row, count));
    }

    public override void Write(ParquetTableWriter table, int rows)
    {
        if (Absent) table.WriteNulls();
        else table.Write<T>(_values.AsSpan(0, rows));
    }

    public override void Dispose()
    {
        if (_values.Length > 0) ArrayPool<T>.Shared.Return(_values);
        _values = [];
    }

    private void Grow(int held, int needed)
    {
        T[] grown = ArrayPool<T>.Shared.Rent(needed);
        _values.AsSpan(0, held).CopyTo(grown);
        Dispose();
        _values = grown;
    }
}

/// <summary>The name of each point's label. Labels are written before, and hold all that is needed.</summary>
/// <param name="names">A name for every label, 0–255.</param>
internal sealed class LabelNameColumn(IReadOnlyList<string> names) : DatasetColumn(new ParquetColumn("label_name", ParquetColumnType.Text))
{
    public override void Gather(LabelledPoints points, int offset, int count, int row)
    {
    }

    public override void Write(ParquetTableWriter table, int rows) => table.WriteNames(names);

    public override void Dispose()
    {
    }
}
