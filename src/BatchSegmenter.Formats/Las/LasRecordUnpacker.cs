using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Las;

/// <summary>
/// Appends a run of point records to columns: one loop per column, each stepping through the records at a fixed stride. The caller
/// keeps runs small enough for the cache.
/// </summary>
internal static class LasRecordUnpacker
{
    /// <summary>Degrees of one step of the 16-bit scan angle.</summary>
    internal const float ScanAngleStep = 0.006f;

    /// <summary>Appends <paramref name="count"/> points; there must be room for them in <paramref name="columns"/>.</summary>
    public static void Unpack(ReadOnlySpan<byte> records, int count, LasHeader header, LasPointFormat format, PointColumns columns)
    {
        int stride = header.RecordLength, at = columns.Count;
        if (count == 0) return;
        ArgumentOutOfRangeException.ThrowIfLessThan(records.Length, (long)count * stride, nameof(records));
        Coordinates(records, 0, stride, header.Scale.X, header.Offset.X, columns.X.AsSpan(at, count));
        Coordinates(records, 4, stride, header.Scale.Y, header.Offset.Y, columns.Y.AsSpan(at, count));
        Coordinates(records, 8, stride, header.Scale.Z, header.Offset.Z, columns.Z.AsSpan(at, count));

        Copy(records, format.Intensity, stride, columns.Intensity, at, count);
        if (format.IsExtended)
        {
            Bits(records, format.Returns, stride, 0, 0xF, columns.ReturnNumber, at, count);
            Bits(records, format.Returns, stride, 4, 0xF, columns.NumberOfReturns, at, count);
            Bits(records, format.Flags, stride, 0, 0xF, AsBytes(columns.ClassificationFlags), at, count);
            Bits(records, format.Flags, stride, 4, 0x3, columns.ScannerChannel, at, count);
            Bits(records, format.Flags, stride, 6, 0x1, columns.ScanDirectionFlag, at, count);
            Bits(records, format.Flags, stride, 7, 0x1, columns.EdgeOfFlightLine, at, count);
            Bits(records, format.Classification, stride, 0, 0xFF, columns.Classification, at, count);
            ScanAngles16(records, format.ScanAngle, stride, columns.ScanAngle, at, count);
        }
        else
        {
            Bits(records, format.Returns, stride, 0, 0x7, columns.ReturnNumber, at, count);
            Bits(records, format.Returns, stride, 3, 0x7, columns.NumberOfReturns, at, count);
            Bits(records, format.Returns, stride, 6, 0x1, columns.ScanDirectionFlag, at, count);
            Bits(records, format.Returns, stride, 7, 0x1, columns.EdgeOfFlightLine, at, count);
            Bits(records, format.Classification, stride, 0, 0x1F, columns.Classification, at, count);
            Bits(records, format.Classification, stride, 5, 0x7, AsBytes(columns.ClassificationFlags), at, count);
            columns.ScannerChannel?.AsSpan(at, count).Clear();
            ScanAngles8(records, format.ScanAngle, stride, columns.ScanAngle, at, count);
        }

        Bits(records, format.UserData, stride, 0, 0xFF, columns.UserData, at, count);
        Copy(records, format.PointSourceId, stride, columns.PointSourceId, at, count);
        Copy(records, format.GpsTime, stride, columns.GpsTime, at, count);
        Copy(records, format.Color, stride, columns.Red, at, count);
        Copy(records, format.Color < 0 ? -1 : format.Color + 2, stride, columns.Green, at, count);
        Copy(records, format.Color < 0 ? -1 : format.Color + 4, stride, columns.Blue, at, count);
        Copy(records, format.Nir, stride, columns.Nir, at, count);
        columns.Count = at + count;
    }

    private static void Coordinates(ReadOnlySpan<byte> records, int offset, int stride, double scale, double shift, Span<double> column)
    {
        ref byte field = ref Unsafe.Add(ref MemoryMarshal.GetReference(records), offset);
        for (int i = 0; i < column.Length; i++)
        {
            column[i] = Unsafe.ReadUnaligned<int>(ref field) * scale + shift;
            field = ref Unsafe.Add(ref field, stride);
        }
    }

    private static void Copy<T>(ReadOnlySpan<byte> records, int offset, int stride, T[]? target, int at, int count)
        where T : unmanaged
    {
        if (target is null) return;
        Span<T> column = target.AsSpan(at, count);
        if (offset < 0)
        {
            column.Clear();
            return;
        }

        ref byte field = ref Unsafe.Add(ref MemoryMarshal.GetReference(records), offset);
        for (int i = 0; i < column.Length; i++)
        {
            column[i] = Unsafe.ReadUnaligned<T>(ref field);
            field = ref Unsafe.Add(ref field, stride);
        }
    }

    private static void Bits(ReadOnlySpan<byte> records, int offset, int stride, int shift, int mask, byte[]? target, int at, int count)
    {
        if (target is null) return;
        Span<byte> column = target.AsSpan(at, count);
        ref byte field = ref Unsafe.Add(ref MemoryMarshal.GetReference(records), offset);
        for (int i = 0; i < column.Length; i++)
        {
            column[i] = (byte)((field >> shift) & mask);
            field = ref Unsafe.Add(ref field, stride);
        }
    }

    private static void ScanAngles8(ReadOnlySpan<byte> records, int offset, int stride, float[]? target, int at, int count)
    {
        if (target is null) return;
        Span<float> column = target.AsSpan(at, count);
        for (int i = 0; i < column.Length; i++) column[i] = (sbyte)records[i * stride + offset];
    }

    private static void ScanAngles16(ReadOnlySpan<byte> records, int offset, int stride, float[]? target, int at, int count)
    {
        if (target is null) return;
        Span<float> column = target.AsSpan(at, count);
        for (int i = 0; i < column.Length; i++)
            column[i] = MemoryMarshal.Read<short>(records[(i * stride + offset)..]) * ScanAngleStep;
    }

    /// <summary>The flags' own array seen as bytes: the enum's underlying type.</summary>
    private static byte[]? AsBytes(ClassificationFlags[]? flags) => (byte[]?)(object?)flags;
}
