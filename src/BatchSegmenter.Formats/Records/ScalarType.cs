namespace BatchSegmenter.Formats.Records;

/// <summary>The number types that a binary record can hold.</summary>
internal enum ScalarType
{
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float16,
    Float32,
    Float64,
}

/// <summary>What is to be known of a <see cref="ScalarType"/>.</summary>
internal static class ScalarTypeTraits
{
    /// <summary>Bytes of one value.</summary>
    public static int Size(this ScalarType type) => type switch
    {
        ScalarType.Int8 or ScalarType.UInt8 => 1,
        ScalarType.Int16 or ScalarType.UInt16 or ScalarType.Float16 => 2,
        ScalarType.Int32 or ScalarType.UInt32 or ScalarType.Float32 => 4,
        _ => 8,
    };

    /// <summary>Whether values may have a fraction.</summary>
    public static bool IsFloat(this ScalarType type) => type >= ScalarType.Float16;
}
