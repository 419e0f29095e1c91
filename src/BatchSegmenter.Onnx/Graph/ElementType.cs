namespace BatchSegmenter.Onnx.Graph;

/// <summary>The type of a tensor's elements. The numbers are those of ONNX; others pass through unnamed.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 single precision, 4 bytes.</summary>
    Float32 = 1,

    /// <summary>Signed 32-bit integer.</summary>
    Int32 = 6,

    /// <summary>Signed 64-bit integer.</summary>
    Int64 = 7,
}
