using BatchSegmenter.Onnx.Checkpoints.Pickles;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Checkpoints.PyTorch;

/// <summary>The storages that a pickle of PyTorch refers to by persistent ids.</summary>
/// <param name="isBigEndian">Byte order of the elements.</param>
/// <param name="find">
/// Of a key and a number of bytes: how the bytes are got at. Throws at once where the file has no such storage or it is too short.
/// </param>
internal sealed class TorchStorages(bool isBigEndian, Func<string, long, Func<ReadOnlyMemory<byte>>> find)
{
    private readonly Dictionary<string, CheckpointStorage> _byKey = [];

    /// <summary>The storages named so far, by key.</summary>
    public IReadOnlyDictionary<string, CheckpointStorage> ByKey => _byKey;

    /// <summary>The storage of a persistent id: <c>("storage", class, key, location, count[, (key, offset, count) of a part])</c>.</summary>
    public PickleStorage Load(PickleCall id)
    {
        string kind = id.Argument<string>(0, "the word storage");
        if (kind == "module") throw id.Source.Unsupported(id.Offset, "the file holds a whole module, whose code can't be run here; save its parameters alone: torch.save(model.state_dict(), path)");
        if (kind != "storage") throw id.Invalid("another word than storage");
        string type = id.Argument<PickleGlobal>(1, "a class of storages").Name;
        if (!TorchGlobals.Storages.TryGetValue(type, out ElementType elements)) throw id.Invalid($"{type}, which is no class of storages");
        string key = id.Argument<string>(2, "a key");
        long count = id.Argument<long>(4, "a number of elements");
        int size = ElementConversion.Size(elements);
        if (count < 0 || count > Array.MaxLength / size) throw id.Invalid($"a storage of {count} elements");
        if (isBigEndian && type.EndsWith("UntypedStorage", StringComparison.Ordinal))
            throw id.Source.Unsupported(id.Offset, "an untyped storage in a file of big-endian numbers, which is not read");

        if (!_byKey.TryGetValue(key, out CheckpointStorage? storage))
        {
            Func<ReadOnlyMemory<byte>> locate = find(key, count * size);
            storage = new CheckpointStorage(elements, count, isBigEndian && size > 1 ? () => ElementConversion.Reverse(locate().Span, size) : locate);
            _byKey.Add(key, storage);
        }
        else if (storage.Type != elements || storage.Count != count)
            throw id.Invalid($"storage {key} as {count} × {elements}, which was {storage.Count} × {storage.Type} before");

        if (id.Arguments.ElementAtOrDefault(5) is null) return new PickleStorage(storage, 0, count);
        PickleCall part = id with { Name = "a part of a storage", Arguments = id.Argument<object?[]>(5, "a part of the storage") };
        long offset = part.Argument<long>(1, "an offset");
        long length = part.Argument<long>(2, "a number of elements");
        return offset >= 0 && length >= 0 && length <= count - offset
            ? new PickleStorage(storage, offset, length)
            : throw part.Invalid($"{length} elements from {offset} of a storage of {count}");
    }
}
