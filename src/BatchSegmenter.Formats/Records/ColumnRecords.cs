using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Records;

/// <summary>A column of values, one after another.</summary>
/// <param name="Start">Byte offset of the first.</param>
/// <param name="Size">Bytes of a value: 1, 2, 4 or 8.</param>
/// <param name="Offset">Where the values go within the records.</param>
internal readonly record struct StoredColumn(long Start, int Size, int Offset);

/// <summary>Records whose fields are stored column by column, gathered.</summary>
/// <param name="source">The bytes of the columns; all of <see cref="RecordRuns.Count"/> values lie in it.</param>
/// <param name="isBigEndian">Byte order of the values.</param>
/// <param name="columns">The columns.</param>
internal sealed class ColumnRecords(Stream source, bool isBigEndian, StoredColumn[] columns) : RecordRuns
{
    private byte[] _values = [];
    private long _next;

    public override long Position => columns.Length == 0 ? 0 : columns[^1].Start + _next * columns[^1].Size;

    public override void CheckLength()
    {
        foreach (StoredColumn column in columns)
            if (Math.Max(0, source.Length - column.Start) / column.Size < Count) throw Truncated();
    }

    public override void Rewind() => _next = 0;

    public override int Read(Span<byte> records)
    {
        int count = records.Length / Stride;
        if (_values.Length < 8 * count) _values = new byte[8 * count];
        foreach (StoredColumn column in columns)
        {
            Span<byte> values = _values.AsSpan(0, count * column.Size);
            long at = column.Start + _next * column.Size;
            // A value missing from any column ends the cloud: of the later columns whole runs may be missing.
            if (at < 0 || at > source.Length) throw Truncated();
            source.Position = at;
            if (source.ReadAtLeast(values, values.Length, throwOnEndOfStream: false) < values.Length) throw Truncated();
            if (isBigEndian) ScalarColumn.Reverse(values, column.Size, 0, column.Size);
            Span<byte> target = records[column.Offset..];
            switch (column.Size)
            {
                case 1: Scatter<byte>(values, target, Stride); break;
                case 2: Scatter<ushort>(values, target, Stride); break;
                case 4: Scatter<uint>(values, target, Stride); break;
                default: Scatter<ulong>(values, target, Stride); break;
            }
        }

        _next += count;
        return count;
    }

    private static void Scatter<T>(ReadOnlySpan<byte> values, Span<byte> records, int stride)
        where T : unmanaged
    {
        ReadOnlySpan<T> source = MemoryMarshal.Cast<byte, T>(values);
        for (int i = 0; i < source.Length; i++) MemoryMarshal.Write(records[(i * stride)..], in source[i]);
    }

    private InvalidPointCloudException Truncated() =>
        new(Path, source.Length, $"the file ends after {source.Length} bytes, within the columns of the {Count} points that the header promises. It is truncated or its count wrong.");
}
