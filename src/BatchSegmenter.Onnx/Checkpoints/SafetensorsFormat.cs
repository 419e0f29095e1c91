using System.Buffers.Binary;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Checkpoints;

/// <summary>
/// What reader and writer share of the format: an unsigned 64-bit header length, the header (a JSON object: tensor name
/// to dtype, shape and byte range, and <c>__metadata__</c> with strings), then the tensors' bytes without gaps.
/// </summary>
internal static class SafetensorsFormat
{
    public const int PrefixLength = sizeof(ulong);

    /// <summary>The bound that the format itself sets on headers.</summary>
    public const int MaximumHeaderLength = 100_000_000;

    public const string Metadata = "__metadata__";

    /// <summary>Whether a file begins with a length that can be and a header.</summary>
    public static bool Begins(ReadOnlySpan<byte> file) => file.Length > PrefixLength && file[PrefixLength] == (byte)'{'
        && BinaryPrimitives.ReadUInt64LittleEndian(file) <= MaximumHeaderLength;

    public static string Name(ElementType type) => type switch
    {
        ElementType.Float32 => "F32",
        ElementType.Int32 => "I32",
        ElementType.Int64 => "I64",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Only F32, I32 and I64 tensors are written."),
    };

    public static ElementType? Parse(string? name) => name switch
    {
        "F32" => ElementType.Float32,
        "F16" => ElementType.Float16,
        "BF16" => ElementType.BFloat16,
        "F64" => ElementType.Float64,
        "I64" => ElementType.Int64,
        "I32" => ElementType.Int32,
        "I16" => ElementType.Int16,
        "I8" => ElementType.Int8,
        "U8" => ElementType.UInt8,
        "BOOL" => ElementType.Bool,
        _ => null,
    };

    public static ElementType TypeOf<T>() =>
        typeof(T) == typeof(float) ? ElementType.Float32
        : typeof(T) == typeof(int) ? ElementType.Int32
        : typeof(T) == typeof(long) ? ElementType.Int64
        : throw new ArgumentException($"Tensors of {typeof(T).Name} are not supported; float, int and long are.");
}
