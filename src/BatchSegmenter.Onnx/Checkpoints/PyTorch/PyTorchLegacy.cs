using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using BatchSegmenter.Onnx.Checkpoints.Pickles;

namespace BatchSegmenter.Onnx.Checkpoints.PyTorch;

/// <summary>
/// The format of <c>torch.save</c> before 1.6: pickles of a magic number, a version, facts about the system, the object,
/// and the keys of its storages; then for each key the number of elements in 8 bytes and the elements. Numbers are
/// little-endian whatever the system.
/// </summary>
internal static class PyTorchLegacy
{
    private const long Version = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", CultureInfo.InvariantCulture);

    /// <summary>The object that was saved.</summary>
    public static object? Read(ReadOnlyMemory<byte> file, string path)
    {
        PickleBytes source = new(file, path);
        if (new PickleReader(source).Read() is not BigInteger magic || magic != Magic)
            throw new UnsupportedCheckpointException(path, "a Python pickle that torch.save did not write; save the parameters with torch.save(model.state_dict(), path).");
        int at = source.Position;
        if (new PickleReader(source).Read() is not Version) throw source.Unsupported(at, $"another version of the legacy format than {Version}");
        at = source.Position;
        if (new PickleReader(source).Read() is not PickleDictionary) throw source.Invalid(at, "no dictionary of facts about the system");

        Dictionary<string, ReadOnlyMemory<byte>> bytes = [];
        TorchStorages storages = new(isBigEndian: false, (key, _) => () => bytes[key]);
        object? saved = new PickleReader(source, storages.Load).Read();

        at = source.Position;
        if (new PickleReader(source).Read() is not PickleList keys) throw source.Invalid(at, "no list of the keys of storages");
        foreach (object? item in keys.Items)
        {
            at = source.Position;
            if (item is not string key || !storages.ByKey.TryGetValue(key, out CheckpointStorage? storage)) throw source.Invalid(at, "a storage that no tensor asks for");
            long count = BinaryPrimitives.ReadInt64LittleEndian(source.Take(sizeof(long), "a number of elements").Span);
            if (count != storage.Count) throw source.Invalid(at, $"storage {key} has {count} elements here, but {storage.Count} where it is asked for");
            if (!bytes.TryAdd(key, source.Take((ulong)(count * ElementConversion.Size(storage.Type)), $"storage {key}"))) throw source.Invalid(at, $"storage {key} is there twice");
        }
        string? missing = storages.ByKey.Keys.FirstOrDefault(key => !bytes.ContainsKey(key));
        return missing is null ? saved : throw source.Invalid(source.Position, $"storage {missing} is missing");
    }
}
