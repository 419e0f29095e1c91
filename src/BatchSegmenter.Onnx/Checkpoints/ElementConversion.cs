using System.Buffers.Binary;
using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Checkpoints;

/// <summary>Sizes of element types, and their elements as float32.</summary>
internal static class ElementConversion
{
    /// <summary>Bytes per element.</summary>
    public static int Size(ElementType type) => type switch
    {
        ElementType.Float64 or ElementType.Int64 => 8,
        ElementType.Float32 or ElementType.Int32 => 4,
        ElementType.Float16 or ElementType.BFloat16 or ElementType.Int16 => 2,
        ElementType.Int8 or ElementType.UInt8 or ElementType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The size of this type is not known."),
    };

    /// <summary>Converts as many elements as <paramref name="floats"/> takes; the bytes are little-endian.</summary>
    public static void ToFloats(ElementType type, ReadOnlySpan<byte> bytes, Span<float> floats)
    {
        switch (type)
        {
            case ElementType.Float32: Cast<float>(bytes)[..floats.Length].CopyTo(floats); break;
            case ElementType.Float64: Convert<double>(bytes, floats, value => (float)value); break;
            case ElementType.Float16: Convert<Half>(bytes, floats, value => (float)value); break;
            case ElementType.BFloat16: Convert<ushort>(bytes, floats, value => BitConverter.UInt32BitsToSingle((uint)value << 16)); break;
            case ElementType.Int64: Convert<long>(bytes, floats, value => value); break;
            case ElementType.Int32: Convert<int>(bytes, floats, value => value); break;
            case ElementType.Int16: Convert<short>(bytes, floats, value => value); break;
            case ElementType.Int8: Convert<sbyte>(bytes, floats, value => value); break;
            case ElementType.UInt8: Convert<byte>(bytes, floats, value => value); break;
            case ElementType.Bool: Convert<byte>(bytes, floats, value => value == 0 ? 0 : 1); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Elements of this type are not read.");
        }
    }

    /// <summary>Turns the bytes of each element round.</summary>
    public static byte[] Reverse(ReadOnlySpan<byte> bytes, int size)
    {
        byte[] reversed = new byte[bytes.Length / size * size];
        switch (size)
        {
            case 2: BinaryPrimitives.ReverseEndianness(Cast<ushort>(bytes), MemoryMarshal.Cast<byte, ushort>(reversed.AsSpan())); break;
            case 4: BinaryPrimitives.ReverseEndianness(Cast<uint>(bytes), MemoryMarshal.Cast<byte, uint>(reversed.AsSpan())); break;
            case 8: BinaryPrimitives.ReverseEndianness(Cast<ulong>(bytes), MemoryMarshal.Cast<byte, ulong>(reversed.AsSpan())); break;
            default: bytes.CopyTo(reversed); break;
        }
        return reversed;
    }

    private static ReadOnlySpan<T> Cast<T>(ReadOnlySpan<byte> bytes) where T : struct => MemoryMarshal.Cast<byte, T>(bytes);

    private static void Convert<T>(ReadOnlySpan<byte> bytes, Span<float> floats, Func<T, float> convert) where T : struct
    {
        ReadOnlySpan<T> values = Cast<T>(bytes)[..floats.Length];
        for (int i = 0; i < floats.Length; i++) floats[i] = convert(values[i]);
    }
}
