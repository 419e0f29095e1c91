using System.Buffers.Binary;
using System.Numerics;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using Parquet;
using Parquet.Schema;

namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>Reads labels and positions from LAS, LAZ or the Parquet parts of one source.</summary>
internal static class LabelledCloudReader
{
    /// <summary>Reads one cloud: a single LAS or LAZ file, or one or more Parquet parts in order.</summary>
    /// <exception cref="EvaluationException">A column is missing or holds what no label can be.</exception>
    /// <exception cref="PointCloudException">A LAS or LAZ file is damaged or unsupported.</exception>
    public static async Task<LabelledCloud> ReadAsync(IReadOnlyList<string> paths, CancellationToken cancellation)
    {
        return IsParquet(paths[0]) ? await ReadPartsAsync(paths, cancellation).ConfigureAwait(false) : ReadPointCloud(paths[0]);
    }

    /// <summary>Whether the name ends as Parquet files do.</summary>
    public static bool IsParquet(string path) => path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase);

    private static LabelledCloud ReadPointCloud(string path)
    {
        const int Run = 1 << 16;
        using PointCloudReader reader = PointCloudReader.Open(path);
        PointColumns columns = new((int)Math.Min(reader.Header.PointCount, 1 << 24), PointAttributes.Classification);
        while (reader.Read(columns, Run) > 0) { }
        return new LabelledCloud
        {
            Count = columns.Count,
            X = columns.X,
            Y = columns.Y,
            Z = columns.Z,
            Codes = columns.Classification!,
            Confidence = ReadConfidence(path, columns.Count),
            HorizontalUnit = reader.Header.Crs.HorizontalUnit,
            VerticalUnit = reader.Header.Crs.VerticalUnit,
        };
    }

    /// <summary>The extra-bytes attribute that a run writes; a second pass, since columns hold no extra bytes.</summary>
    private static float[]? ReadConfidence(string path, int count)
    {
        if (PointCloudReader.Open(path) is not LasReader reader) return null;
        using (reader)
        {
            if (reader.ExtraBytes.FirstOrDefault(attribute => attribute is { Name: "confidence", Type: LasExtraBytesType.Float32, Components: 1 }) is not { } attribute) return null;
            int length = reader.Las.RecordLength;
            byte[] records = new byte[length * 4096];
            float[] confidence = new float[count];
            for (int done = 0, points; (points = reader.ReadRecords(records)) > 0; done += points)
                for (int i = 0; i < points; i++)
                    confidence[done + i] = BinaryPrimitives.ReadSingleLittleEndian(records.AsSpan(i * length + attribute.Offset));
            return confidence;
        }
    }

    private static async Task<LabelledCloud> ReadPartsAsync(IReadOnlyList<string> paths, CancellationToken cancellation)
    {
        List<double[]> x = [], y = [], z = [], codes = [], confidence = [], indices = [];
        foreach (string path in paths)
        {
            ParquetReader reader;
            try
            {
                reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellation).ConfigureAwait(false);
            }
            catch (Exception fault) when (IsContent(fault))
            {
                throw new EvaluationException($"{path}: not a Parquet file that can be read: {fault.Message}");
            }

            await using (reader.ConfigureAwait(false))
            {
                DataField[] fields = reader.Schema.GetDataFields();
                DataField label = Find("label") ?? Find("classification")
                    ?? throw new EvaluationException($"{path}: has no column label or classification, only {string.Join(", ", fields.Select(field => field.Name))}.");
                for (int group = 0; group < reader.RowGroupCount; group++)
                {
                    using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
                    foreach ((List<double[]> column, DataField? field) in new[]
                        { (codes, label), (x, Find("x")), (y, Find("y")), (z, Find("z")), (confidence, Find("confidence")), (indices, Find("point_index")) })
                        if (field is not null) column.Add(await ReadColumnAsync(path, rows, field, cancellation).ConfigureAwait(false));
                }

                DataField? Find(string name) => fields.FirstOrDefault(field => field.Name == name);
            }
        }

        int count = codes.Sum(part => part.Length);
        int[]? order = Whole(indices, count) is { } index ? Order(paths[0], index) : null;
        byte[] code = new byte[count];
        double[] label64 = Whole(codes, count)!;
        for (int i = 0; i < count; i++)
        {
            if (label64[i] is not (>= 0 and <= 255)) throw new EvaluationException($"{paths[0]}: row {i} has label {label64[i]}, expected 0 to 255.");
            code[i] = (byte)label64[i];
        }

        return new LabelledCloud
        {
            Count = count,
            Codes = Arrange(code, order)!,
            X = Arrange(Whole(x, count), order),
            Y = Arrange(Whole(y, count), order),
            Z = Arrange(Whole(z, count), order),
            Confidence = Whole(confidence, count) is { } values ? Arrange(Array.ConvertAll(values, value => (float)value), order) : null,
        };
    }

    /// <summary>The rows in ascending order of point index; salvaged inputs leave gaps, but no index may come twice.</summary>
    private static int[]? Order(string path, double[] index)
    {
        bool sorted = true;
        for (int i = 1; i < index.Length && sorted; i++) sorted = index[i - 1] < index[i];
        if (sorted) return null;
        int[] order = new int[index.Length];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort((double[])index.Clone(), order);
        for (int i = 1; i < order.Length; i++)
            if (index[order[i - 1]] == index[order[i]])
                throw new EvaluationException($"{path}: point_index {index[order[i]]:F0} occurs twice, in rows {order[i - 1]} and {order[i]}.");
        return order;
    }

    private static T[]? Arrange<T>(T[]? values, int[]? order) =>
        values is null || order is null ? values : Array.ConvertAll(order, row => values[row]);

    /// <summary>The parts of a column joined; null where some part lacks the column.</summary>
    private static double[]? Whole(List<double[]> parts, int count) => parts.Sum(part => part.Length) != count ? null
        : parts.Count == 1 ? parts[0] : [.. parts.SelectMany(part => part)];

    private static async Task<double[]> ReadColumnAsync(string path, ParquetRowGroupReader rows, DataField field, CancellationToken cancellation)
    {
        try
        {
            return field.ClrType switch
            {
                Type type when type == typeof(double) => await ReadAsync<double>(rows, field, cancellation).ConfigureAwait(false),
                Type type when type == typeof(float) => await ReadAsync<float>(rows, field, cancellation).ConfigureAwait(false),
                Type type when type == typeof(long) => await ReadAsync<long>(rows, field, cancellation).ConfigureAwait(false),
                Type type when type == typeof(int) => await ReadAsync<int>(rows, field, cancellation).ConfigureAwait(false),
                Type type when type == typeof(short) => await ReadAsync<short>(rows, field, cancellation).ConfigureAwait(false),
                Type type when type == typeof(sbyte) => await ReadAsync<sbyte>(rows, field, cancellation).ConfigureAwait(false),
                Type type when type == typeof(ulong) => await ReadAsync<ulong>(rows, field, cancellation).ConfigureAwait(false),
                Type type when type == typeof(uint) => await ReadAsync<uint>(rows, field, cancellation).ConfigureAwait(false),
                Type type when type == typeof(ushort) => await ReadAsync<ushort>(rows, field, cancellation).ConfigureAwait(false),
                Type type when type == typeof(byte) => await ReadAsync<byte>(rows, field, cancellation).ConfigureAwait(false),
                Type type => throw new EvaluationException($"{path}: column {field.Name} is of type {type.Name}, expected a number."),
            };
        }
        catch (Exception fault) when (IsContent(fault))
        {
            throw new EvaluationException($"{path}: column {field.Name} cannot be read: {fault.Message}");
        }
    }

    /// <summary>A damaged Parquet file shows itself in many kinds of exception; these alone are about something else.</summary>
    private static bool IsContent(Exception fault) => fault is not (
        OperationCanceledException or OutOfMemoryException or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or EvaluationException);

    private static async Task<double[]> ReadAsync<T>(ParquetRowGroupReader rows, DataField field, CancellationToken cancellation)
        where T : struct, INumber<T>
    {
        int count = checked((int)rows.RowCount);
        if (!field.IsNullable)
        {
            T[] values = new T[count];
            await rows.ReadAsync<T>(field, values.AsMemory(), null, cancellation).ConfigureAwait(false);
            return values as double[] ?? Array.ConvertAll(values, double.CreateChecked);
        }

        T?[] optional = new T?[count];
        await rows.ReadAsync<T>(field, optional.AsMemory(), null, cancellation).ConfigureAwait(false);
        return Array.ConvertAll(optional, value => value is { } known ? double.CreateChecked(known) : double.NaN);
    }
}
