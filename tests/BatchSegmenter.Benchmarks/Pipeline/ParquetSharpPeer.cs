using System.Runtime.InteropServices;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Writers;
using ParquetSharp;
using ParquetSharp.Schema;

namespace BatchSegmenter.Benchmarks.Pipeline;

/// <summary>
/// Apache Arrow's writer, through ParquetSharp, given the same table in the encodings that suit it best: bytes of floating point split,
/// dictionaries for labels and names, differences for whole numbers, zstd. It gets arrays as they lie, without one copy, and row groups of the
/// same rows as ours.
/// </summary>
internal sealed class ParquetSharpPeer(LabelledSurvey survey, IReadOnlyList<string> columns, int rowsPerGroup, int level = 1, bool statistics = true)
{
    private readonly long[] _indices = [.. Enumerable.Range(0, rowsPerGroup).Select(i => (long)i)];
    private readonly int[] _intensity = [.. survey.Columns.Intensity!.Take(survey.Count).Select(value => (int)value)];
    private readonly short[] _present = [.. Enumerable.Repeat((short)1, rowsPerGroup)];
    private readonly ByteArray[] _names = [.. survey.LabelNames.Select(Unmanaged)];
    private readonly ByteArray[] _rowNames = new ByteArray[rowsPerGroup];

    /// <summary>Writes the table.</summary>
    /// <returns>Its bytes.</returns>
    public long Write(string path)
    {
        using GroupNode schema = Schema();
        using WriterProperties properties = Properties();
        using (ParquetFileWriter file = new(path, schema, properties))
        {
            for (int first = 0; first < survey.Count; first += rowsPerGroup) WriteGroup(file, first, Math.Min(rowsPerGroup, survey.Count - first));
            file.Close();
        }

        return new FileInfo(path).Length;
    }

    /// <summary>Reads a file of the table with Arrow and compares every value.</summary>
    /// <exception cref="InvalidDataException">A value differs.</exception>
    public void Verify(string path)
    {
        PointColumns points = survey.Columns;
        using ParquetFileReader file = new(path);
        for (int group = 0, first = 0; group < file.FileMetaData.NumRowGroups; group++)
        {
            using RowGroupReader rows = file.RowGroup(group);
            int count = (int)rows.MetaData.NumRows;
            Same(rows, 0, points.X.AsSpan(first, count));
            Same(rows, 1, points.Y.AsSpan(first, count));
            Same(rows, 2, points.Z.AsSpan(first, count));
            ReadOnlySpan<int> labels = survey.Labels.AsSpan(first, count);
            Same(rows, 3, labels);
            string[] names = new string[count];
            for (int i = 0; i < count; i++) names[i] = survey.LabelNames[labels[i]];
            Same<string>(rows, 4, names);
            Same<float>(rows, 5, survey.Confidence.AsSpan(first, count));
            Same<long>(rows, 6, [.. Enumerable.Range(first, count).Select(i => (long)i)]);
            for (int i = 0; i < columns.Count; i++)
            {
                if (columns[i] == "gps_time") Same<double?>(rows, 7 + i, [.. points.GpsTime!.Skip(first).Take(count).Select(value => (double?)value)]);
                else Same<ushort?>(rows, 7 + i, [.. points.Intensity!.Skip(first).Take(count).Select(value => (ushort?)value)]);
            }

            first += count;
        }
    }

    private static void Same<T>(RowGroupReader rows, int column, ReadOnlySpan<T> expected)
    {
        using ColumnReader reader = rows.Column(column);
        using LogicalColumnReader<T> values = reader.LogicalReader<T>();
        if (!expected.SequenceEqual(values.ReadAll(expected.Length))) throw new InvalidDataException($"Column {column} differs.");
    }

    private static ByteArray Unmanaged(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        nint copy = Marshal.AllocHGlobal(bytes.Length); // as long as the process
        Marshal.Copy(bytes, 0, copy, bytes.Length);
        return new ByteArray(copy, bytes.Length);
    }

    private GroupNode Schema()
    {
        List<Node> nodes =
        [
            Required("x", PhysicalType.Double), Required("y", PhysicalType.Double), Required("z", PhysicalType.Double), Required("label", PhysicalType.Int32),
            new PrimitiveNode("label_name", Repetition.Required, LogicalType.String(), PhysicalType.ByteArray),
            Required("confidence", PhysicalType.Float), Required("point_index", PhysicalType.Int64),
        ];
        foreach (string name in columns)
        {
            nodes.Add(name == "gps_time"
                ? new PrimitiveNode(name, Repetition.Optional, LogicalType.None(), PhysicalType.Double)
                : new PrimitiveNode(name, Repetition.Optional, LogicalType.Int(16, false), PhysicalType.Int32));
        }

        return new GroupNode("schema", Repetition.Required, nodes);
    }

    private static PrimitiveNode Required(string name, PhysicalType type) => new(name, Repetition.Required, LogicalType.None(), type);

    private WriterProperties Properties()
    {
        using WriterPropertiesBuilder builder = new();
        builder.Compression(Compression.Zstd).CompressionLevel(level).DisableDictionary().EnableDictionary("label").EnableDictionary("label_name");
        builder.MaxRowGroupLength(rowsPerGroup);
        foreach (string name in (string[])["x", "y", "z", "confidence", "gps_time"]) builder.Encoding(name, Encoding.ByteStreamSplit);
        foreach (string name in (string[])["point_index", "intensity"]) builder.Encoding(name, Encoding.DeltaBinaryPacked);
        if (!statistics) builder.DisableStatistics();
        return builder.Build();
    }

    private void WriteGroup(ParquetFileWriter file, int first, int count)
    {
        PointColumns points = survey.Columns;
        using RowGroupWriter group = file.AppendRowGroup();
        Write(group, points.X.AsSpan(first, count));
        Write(group, points.Y.AsSpan(first, count));
        Write(group, points.Z.AsSpan(first, count));
        ReadOnlySpan<int> labels = survey.Labels.AsSpan(first, count);
        Write(group, labels);
        for (int i = 0; i < count; i++) _rowNames[i] = _names[labels[i]];
        Write<ByteArray>(group, _rowNames.AsSpan(0, count));
        Write<float>(group, survey.Confidence.AsSpan(first, count));
        for (int i = 0; i < count; i++) _indices[i] = first + i;
        Write<long>(group, _indices.AsSpan(0, count));
        foreach (string name in columns)
        {
            if (name == "gps_time") WriteOptional<double>(group, points.GpsTime.AsSpan(first, count));
            else WriteOptional<int>(group, _intensity.AsSpan(first, count));
        }

        group.Close();
    }

    private static void Write<T>(RowGroupWriter group, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        using var column = (ColumnWriter<T>)group.NextColumn();
        column.WriteBatch(values);
    }

    private void WriteOptional<T>(RowGroupWriter group, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        using var column = (ColumnWriter<T>)group.NextColumn();
        column.WriteBatch(values.Length, _present.AsSpan(0, values.Length), default, values);
    }
}
