using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Checkpoints;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its key in the header.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Extents, outermost axis first; empty for a scalar.</param>
/// <param name="Bytes">Little-endian elements, row-major.</param>
public sealed record SafetensorsTensor(string Name, ElementType Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>A copy of the elements.</summary>
    /// <typeparam name="T">The type that <see cref="Type"/> names: float, int or long; see <see cref="CheckpointTensor"/> for the others.</typeparam>
    public T[] ToArray<T>() where T : unmanaged
    {
        if (Type != SafetensorsFormat.TypeOf<T>())
            throw new InvalidOperationException($"Tensor {Name} holds {Type}, not {typeof(T).Name}.");
        return MemoryMarshal.Cast<byte, T>(Bytes.Span).ToArray();
    }
}
