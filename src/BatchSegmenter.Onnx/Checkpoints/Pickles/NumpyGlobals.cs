using System.Buffers.Binary;
using System.Text;

namespace BatchSegmenter.Onnx.Checkpoints.Pickles;

/// <summary>What of NumPy a pickle may name: scalars become numbers; arrays, which hold no weights, are kept closed.</summary>
internal static class NumpyGlobals
{
    private const string Array = "numpy.ndarray";

    public static IEnumerable<PickleGlobal> All =>
    [
        new("numpy.dtype", call => new PickleDtype(call.Arguments is [string code, ..] ? code : "?")),
        new("numpy.core.multiarray.scalar", Scalar),
        new("numpy.core.multiarray._reconstruct", _ => new PickleRecord(Array)),
        new("numpy.core.numeric._frombuffer", _ => new PickleRecord(Array)),
        new(Array, _ => new PickleRecord(Array)),
        .. new[] { "float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool_", "bool" }.Select(type => new PickleGlobal($"numpy.{type}", null)),
    ];

    private static object? Scalar(PickleCall call)
    {
        PickleDtype type = call.Argument<PickleDtype>(0, "a NumPy dtype");
        ReadOnlySpan<byte> value = call.Arguments.ElementAtOrDefault(1) switch
        {
            ReadOnlyMemory<byte> { Length: <= 8 } bytes => bytes.Span,
            string { Length: <= 8 } text => Encoding.Latin1.GetBytes(text),
            _ => [],
        };
        // The value of any other type (text, dates, objects, beyond 64 bits) is left out, not misread.
        return (type.Code, value.Length) switch
        {
            ("b1", 1) => value[0] != 0,
            ("u1", 1) => (long)value[0],
            ("i1", 1) => (long)(sbyte)value[0],
            ("i2", 2) => (long)(type.IsBigEndian ? BinaryPrimitives.ReadInt16BigEndian(value) : BinaryPrimitives.ReadInt16LittleEndian(value)),
            ("i4", 4) => (long)(type.IsBigEndian ? BinaryPrimitives.ReadInt32BigEndian(value) : BinaryPrimitives.ReadInt32LittleEndian(value)),
            ("i8", 8) => type.IsBigEndian ? BinaryPrimitives.ReadInt64BigEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value),
            ("f2", 2) => (double)(type.IsBigEndian ? BinaryPrimitives.ReadHalfBigEndian(value) : BinaryPrimitives.ReadHalfLittleEndian(value)),
            ("f4", 4) => (double)(type.IsBigEndian ? BinaryPrimitives.ReadSingleBigEndian(value) : BinaryPrimitives.ReadSingleLittleEndian(value)),
            ("f8", 8) => type.IsBigEndian ? BinaryPrimitives.ReadDoubleBigEndian(value) : BinaryPrimitives.ReadDoubleLittleEndian(value),
            _ => new PickleRecord($"numpy.{type.Code}"),
        };
    }
}
