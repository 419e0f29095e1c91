using System.Text;
using BatchSegmenter.Onnx.Checkpoints.Pickles;

namespace BatchSegmenter.Onnx.Checkpoints.PyTorch;

/// <summary>
/// The format of <c>torch.save</c> since 1.6: a ZIP file with <c>NAME/data.pkl</c>, a pickle whose storages are the entries
/// <c>NAME/data/KEY</c>, and from 2.1 <c>NAME/byteorder</c>.
/// </summary>
internal static class PyTorchZip
{
    private const string Pickle = "data.pkl";
    private const int LongestPickle = 1 << 28;

    /// <summary>The object that was saved.</summary>
    public static object? Read(ReadOnlyMemory<byte> file, string path)
    {
        ZipDirectory zip = new(file, path);
        string pickle = zip.Names.FirstOrDefault(name => name == Pickle || (name.EndsWith($"/{Pickle}", StringComparison.Ordinal) && name.IndexOf('/') == name.Length - Pickle.Length - 1))
            ?? throw new UnsupportedCheckpointException(
                path, $"a ZIP file without a FOLDER/{Pickle}, so not one of torch.save; it holds {(zip.Names.Count == 0 ? "nothing" : string.Join(", ", zip.Names.Take(5)))}.");
        string folder = pickle[..^Pickle.Length];
        if (zip.LengthOf($"{folder}constants.pkl") is not null)
            throw new UnsupportedCheckpointException(path, "a TorchScript archive, which holds code; save the parameters alone: torch.save(model.state_dict(), path).");
        if (zip.LengthOf(pickle) > LongestPickle) throw new UnsupportedCheckpointException(path, $"{pickle} has {zip.LengthOf(pickle)} bytes; up to {LongestPickle} are read.");

        TorchStorages storages = new(IsBigEndian(zip, $"{folder}byteorder", path), (key, length) =>
        {
            string entry = $"{folder}data/{key}";
            return zip.LengthOf(entry) switch
            {
                null => throw new InvalidCheckpointException(path, $"the storage {entry} is missing."),
                long actual when actual < length => throw new InvalidCheckpointException(path, $"the storage {entry} has {actual} bytes, but {length} are needed."),
                _ => () => zip.Read(entry),
            };
        });
        return new PickleReader(new PickleBytes(zip.Read(pickle), path, pickle), storages.Load).Read();
    }

    private static bool IsBigEndian(ZipDirectory zip, string entry, string path)
    {
        if (zip.LengthOf(entry) is not { } length) return false;
        string order = length > 16 ? "something long" : Encoding.ASCII.GetString(zip.Read(entry).Span);
        return order switch
        {
            "little" => false,
            "big" => true,
            _ => throw new InvalidCheckpointException(path, $"{entry} says {order}, where little or big is expected."),
        };
    }
}
