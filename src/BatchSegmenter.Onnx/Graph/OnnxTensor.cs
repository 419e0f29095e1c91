using System.Runtime.InteropServices;

namespace BatchSegmenter.Onnx.Graph;

/// <summary>A constant of a graph (an initialiser): little-endian elements, row-major.</summary>
/// <param name="Name">Unique within the graph.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Extents, outermost axis first; empty for a scalar.</param>
/// <param name="Bytes">The elements, as many as the extents multiply to.</param>
public sealed record OnnxTensor(string Name, ElementType Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The part after the name: <c>float32[64, 3]</c>.</summary>
    public string TypeAndShape => $"{Type.ToString().ToLowerInvariant()}[{string.Join(", ", Shape)}]";

    /// <summary>The elements of a float32 tensor.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not float32.</exception>
    public ReadOnlySpan<float> Floats => Type == ElementType.Float32
        ? MemoryMarshal.Cast<byte, float>(Bytes.Span)
        : throw new InvalidOperationException($"Tensor {Name} holds {Type}, not Float32.");

    /// <summary>The elements of an int64 tensor.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not int64.</exception>
    public ReadOnlySpan<long> Longs => Type == ElementType.Int64
        ? MemoryMarshal.Cast<byte, long>(Bytes.Span)
        : throw new InvalidOperationException($"Tensor {Name} holds {Type}, not Int64.");
}
