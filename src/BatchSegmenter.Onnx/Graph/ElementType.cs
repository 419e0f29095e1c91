namespace BatchSegmenter.Onnx.Graph;

/// <summary>The type of a tensor's elements. The numbers are those of ONNX; others pass through unnamed.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 single precision, 4 bytes.</summary>
    Float32 = 1,

    /// <summary>Unsigned 8-bit integer.</summary>
    UInt8 = 2,

    /// <summary>Signed 8-bit integer.</summary>
    Int8 = 3,

    /// <summary>Signed 16-bit integer.</summary>
    Int16 = 5,

    /// <summary>Signed 32-bit integer.</summary>
    Int32 = 6,

    /// <summary>Signed 64-bit integer.</summary>
    Int64 = 7,

    /// <summary>Truth value, 1 byte.</summary>
    Bool = 9,

    /// <summary>IEEE 754 half precision, 2 bytes.</summary>
    Float16 = 10,

    /// <summary>IEEE 754 double precision, 8 bytes.</summary>
    Float64 = 11,

    /// <summary>The upper half of a <see cref="Float32"/>, 2 bytes.</summary>
    BFloat16 = 16,
}
