using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Records;

/// <summary>Takes one field out of a run of records: a tight loop for each pair of types.</summary>
internal static class ScalarColumn
{
    /// <summary>
    /// Converts the field of each record: multiplied by its scale, rounded (halves up) and held within the range of
    /// <typeparamref name="T"/> where that is a whole number; NaN becomes 0 there.
    /// </summary>
    /// <param name="records">Little endian records, <paramref name="stride"/> bytes each, as many as <paramref name="target"/> has places.</param>
    /// <param name="stride">Bytes of a record.</param>
    /// <param name="field">A field that lies within a record.</param>
    /// <param name="target">Where the values go.</param>
    public static void Unpack<T>(ReadOnlySpan<byte> records, int stride, RecordField field, Span<T> target)
        where T : struct, INumber<T>
    {
        switch (field.Stored)
        {
            case ScalarType.Int8: Loop<sbyte, T>(records, stride, field, target); break;
            case ScalarType.UInt8: Loop<byte, T>(records, stride, field, target); break;
            case ScalarType.Int16: Loop<short, T>(records, stride, field, target); break;
            case ScalarType.UInt16: Loop<ushort, T>(records, stride, field, target); break;
            case ScalarType.Int32: Loop<int, T>(records, stride, field, target); break;
            case ScalarType.UInt32: Loop<uint, T>(records, stride, field, target); break;
            case ScalarType.Int64: Loop<long, T>(records, stride, field, target); break;
            case ScalarType.UInt64: Loop<ulong, T>(records, stride, field, target); break;
            case ScalarType.Float16: Loop<Half, T>(records, stride, field, target); break;
            case ScalarType.Float32: Loop<float, T>(records, stride, field, target); break;
            default: Loop<double, T>(records, stride, field, target); break;
        }
    }

    /// <summary>The bytes of a packed colour, lowest first blue, green, red, as 16-bit values.</summary>
    public static void UnpackColor(ReadOnlySpan<byte> records, int stride, RecordField field, Span<ushort> red, Span<ushort> green, Span<ushort> blue)
    {
        records = records[field.Offset..];
        for (int i = 0; i < red.Length; i++)
        {
            uint packed = BinaryPrimitives.ReadUInt32LittleEndian(records[(i * stride)..]);
            red[i] = (ushort)((packed >> 8) & 0xFF00);
            green[i] = (ushort)(packed & 0xFF00);
            blue[i] = (ushort)(packed << 8);
        }
    }

    /// <summary>Turns one field of each record from big to little endian, in place.</summary>
    public static void Reverse(Span<byte> records, int stride, int offset, int size)
    {
        if (size == 1) return;
        for (int at = offset; at < records.Length; at += stride) records.Slice(at, size).Reverse();
    }

    private static void Loop<TSource, TTarget>(ReadOnlySpan<byte> records, int stride, RecordField field, Span<TTarget> target)
        where TSource : unmanaged, INumber<TSource>
        where TTarget : struct, INumber<TTarget>
    {
        records = records[field.Offset..];
        double scale = field.Scale;
        for (int i = 0; i < target.Length; i++)
        {
            double value = double.CreateTruncating(MemoryMarshal.Read<TSource>(records[(i * stride)..])) * scale;
            if (typeof(TTarget) == typeof(double) || typeof(TTarget) == typeof(float)) target[i] = TTarget.CreateTruncating(value);
            else target[i] = TTarget.CreateSaturating(Math.Floor(value + 0.5));
        }
    }
}
