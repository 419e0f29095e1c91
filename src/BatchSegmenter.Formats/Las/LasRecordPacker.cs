using System.Buffers.Binary;

namespace BatchSegmenter.Formats.Las;

/// <summary>Turns columns into point records, the other way round than <see cref="LasRecordUnpacker"/>.</summary>
internal static class LasRecordPacker
{
    /// <summary>What the header tells of the points: bounds in stored steps, and how many there are of each return (0–15).</summary>
    public sealed class Statistics
    {
        public long PointCount { get; set; }

        public int[] Min { get; } = [int.MaxValue, int.MaxValue, int.MaxValue];

        public int[] Max { get; } = [int.MinValue, int.MinValue, int.MinValue];

        public long[] Returns { get; } = new long[16];
    }

    /// <summary>Packs <paramref name="count"/> points from <paramref name="start"/> on into records that are zeroed.</summary>
    public static void Pack(
        PointColumns columns, int start, int count, Span<byte> records, int stride, LasPointFormat format,
        (double X, double Y, double Z) scale, (double X, double Y, double Z) offset, Statistics statistics)
    {
        Coordinates(columns.X.AsSpan(start, count), records, stride, scale.X, offset.X, statistics, 0);
        Coordinates(columns.Y.AsSpan(start, count), records[4..], stride, scale.Y, offset.Y, statistics, 1);
        Coordinates(columns.Z.AsSpan(start, count), records[8..], stride, scale.Z, offset.Z, statistics, 2);
        UInt16s(columns.Intensity, start, count, records, format.Intensity, stride);
        Bytes(columns.UserData, start, count, records, format.UserData, stride);
        UInt16s(columns.PointSourceId, start, count, records, format.PointSourceId, stride);
        if (format.GpsTime >= 0 && columns.GpsTime is { } times)
            for (int i = 0; i < count; i++)
                BinaryPrimitives.WriteDoubleLittleEndian(records[(i * stride + format.GpsTime)..], times[start + i]);
        if (format.Color >= 0)
        {
            UInt16s(columns.Red, start, count, records, format.Color, stride);
            UInt16s(columns.Green, start, count, records, format.Color + 2, stride);
            UInt16s(columns.Blue, start, count, records, format.Color + 4, stride);
        }

        if (format.Nir >= 0) UInt16s(columns.Nir, start, count, records, format.Nir, stride);
        if (format.IsExtended) Extended(columns, start, count, records, stride, format, statistics);
        else Legacy(columns, start, count, records, stride, format, statistics);
        statistics.PointCount += count;
    }

    private static void Coordinates(ReadOnlySpan<double> column, Span<byte> records, int stride, double scale, double offset, Statistics statistics, int axis)
    {
        int min = statistics.Min[axis], max = statistics.Max[axis];
        for (int i = 0; i < column.Length; i++)
        {
            double steps = Math.Round((column[i] - offset) / scale);
            if (!(steps >= int.MinValue && steps <= int.MaxValue))
                throw new ArgumentException(
                    $"{"xyz"[axis]} = {column[i]} does not fit offset {offset} and scale {scale}: {steps} steps, and a record holds ±2147483647. Choose an offset near the points or a coarser scale.");
            int value = (int)steps;
            BinaryPrimitives.WriteInt32LittleEndian(records[(i * stride)..], value);
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }

        statistics.Min[axis] = min;
        statistics.Max[axis] = max;
    }

    private static void Extended(PointColumns columns, int start, int count, Span<byte> records, int stride, LasPointFormat format, Statistics statistics)
    {
        for (int i = 0; i < count; i++)
        {
            int point = start + i;
            Span<byte> record = records.Slice(i * stride, stride);
            int number = Math.Min(15, (int?)columns.ReturnNumber?[point] ?? 1), of = Math.Min(15, (int?)columns.NumberOfReturns?[point] ?? 1);
            statistics.Returns[number]++;
            record[format.Returns] = (byte)(number | of << 4);
            record[format.Flags] = (byte)((int)(columns.ClassificationFlags?[point] ?? 0) & 15 | ((columns.ScannerChannel?[point] ?? 0) & 3) << 4
                | ((columns.ScanDirectionFlag?[point] ?? 0) & 1) << 6 | ((columns.EdgeOfFlightLine?[point] ?? 0) & 1) << 7);
            record[format.Classification] = columns.Classification?[point] ?? 0;
            float angle = columns.ScanAngle?[point] ?? 0;
            BinaryPrimitives.WriteInt16LittleEndian(
                record[format.ScanAngle..], (short)Math.Clamp(MathF.Round(angle / LasRecordUnpacker.ScanAngleStep), short.MinValue, short.MaxValue));
        }
    }

    private static void Legacy(PointColumns columns, int start, int count, Span<byte> records, int stride, LasPointFormat format, Statistics statistics)
    {
        for (int i = 0; i < count; i++)
        {
            int point = start + i;
            Span<byte> record = records.Slice(i * stride, stride);
            int number = Math.Min(7, (int?)columns.ReturnNumber?[point] ?? 1), of = Math.Min(7, (int?)columns.NumberOfReturns?[point] ?? 1);
            statistics.Returns[number]++;
            record[format.Returns] = (byte)(number | of << 3 | ((columns.ScanDirectionFlag?[point] ?? 0) & 1) << 6 | ((columns.EdgeOfFlightLine?[point] ?? 0) & 1) << 7);
            int code = columns.Classification?[point] ?? 0;
            if (code > format.MaxClassCode)
                throw new ArgumentException($"Class code {code} does not fit point format {format.Id}, which holds 0 to {format.MaxClassCode}; choose point format 6 or higher (--point-format).");
            record[format.Classification] = (byte)(code | ((int)(columns.ClassificationFlags?[point] ?? 0) & 7) << 5);
            float angle = columns.ScanAngle?[point] ?? 0;
            record[format.ScanAngle] = (byte)(sbyte)Math.Clamp(MathF.Round(angle), sbyte.MinValue, sbyte.MaxValue);
        }
    }

    private static void UInt16s(ushort[]? column, int start, int count, Span<byte> records, int offset, int stride)
    {
        if (column is null) return;
        for (int i = 0; i < count; i++) BinaryPrimitives.WriteUInt16LittleEndian(records[(i * stride + offset)..], column[start + i]);
    }

    private static void Bytes(byte[]? column, int start, int count, Span<byte> records, int offset, int stride)
    {
        if (column is null) return;
        for (int i = 0; i < count; i++) records[i * stride + offset] = column[start + i];
    }
}
