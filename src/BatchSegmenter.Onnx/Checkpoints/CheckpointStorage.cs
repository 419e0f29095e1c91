using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Checkpoints;

/// <summary>
/// A run of elements in a checkpoint that one or more tensors look into. Its bytes are looked up (inflated, checked,
/// turned round) when the first of them asks, once.
/// </summary>
/// <param name="type">The type that the file gives for its elements; bytes where it is untyped.</param>
/// <param name="count">Number of elements.</param>
/// <param name="locate">Finds its bytes: at least <paramref name="count"/> elements, little-endian.</param>
internal sealed class CheckpointStorage(ElementType type, long count, Func<ReadOnlyMemory<byte>> locate)
{
    private readonly Lazy<ReadOnlyMemory<byte>> _bytes = new(locate);

    public ElementType Type => type;

    public long Count => count;

    public ReadOnlyMemory<byte> Bytes => _bytes.Value;
}
