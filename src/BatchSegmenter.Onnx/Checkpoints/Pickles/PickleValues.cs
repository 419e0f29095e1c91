using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Checkpoints.Pickles;

// What a pickle may hold, beside null, bool, long, BigInteger, double, string, ReadOnlyMemory<byte> (bytes) and object?[] (a tuple).
// None of these compares, hashes or prints its content: a pickle may nest a million deep, or hold itself.

/// <summary>A list, set or deque.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>A dictionary of any kind, in the order of insertion. A key that is set twice stands here twice; the last counts.</summary>
internal sealed class PickleDictionary
{
    public List<KeyValuePair<object?, object?>> Entries { get; } = [];
}

/// <summary>A class or function that is known by name.</summary>
/// <param name="Name">Module and name, as Python 3 calls it.</param>
/// <param name="Make">What calling it gives; null for a mere name.</param>
internal sealed record PickleGlobal(string Name, Func<PickleCall, object?>? Make);

/// <summary>Something that is kept by the name of its type and not looked into, such as an <c>argparse.Namespace</c>.</summary>
/// <param name="type">Its type's name.</param>
internal sealed class PickleRecord(string type)
{
    public string Type => type;
}

/// <summary>A NumPy element type. Byte order follows in the state that is set after it is made.</summary>
/// <param name="code">Kind and size, such as <c>f8</c>.</param>
internal sealed class PickleDtype(string code)
{
    public string Code => code;

    public bool IsBigEndian { get; set; }
}

/// <summary>A view of a storage, its place checked; see <see cref="CheckpointTensor"/>.</summary>
internal sealed class PickleTensor(ElementType type, CheckpointStorage storage, long offset, long[] shape, long[] strides)
{
    /// <summary>Number of elements.</summary>
    public long Count => shape.Aggregate(1L, (product, extent) => product * extent);

    public CheckpointTensor Named(string name) => new(name, type, storage, offset, shape, strides);
}

/// <summary>A storage, or a part of one.</summary>
/// <param name="Storage">The whole.</param>
/// <param name="Offset">First element of the part.</param>
/// <param name="Count">Number of elements of the part.</param>
internal sealed record PickleStorage(CheckpointStorage Storage, long Offset, long Count);
