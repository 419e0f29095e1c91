using System.Globalization;
using BatchSegmenter.Onnx.Checkpoints.Pickles;

namespace BatchSegmenter.Onnx.Checkpoints.PyTorch;

/// <summary>Finds the parameters in what was saved, and what stands beside them.</summary>
internal static class StateDictionary
{
    private const int LongestScalar = 200;

    /// <summary>Where the parameters may stand, in the order of preference.</summary>
    private static readonly string[] Places = ["model_state_dict", "state_dict", "model_state", "model", "net"];

    /// <exception cref="InvalidCheckpointException">There are no tensors at one of the known places.</exception>
    public static Checkpoint Find(object? saved, string path, string format)
    {
        if (saved is not PickleDictionary top)
            throw new UnsupportedCheckpointException(path, $"it holds {PickleReader.KindOf(saved)}, where a dictionary of tensors is expected; save it with torch.save(model.state_dict(), path).");
        OrderedDictionary<string, object?> entries = ByName(top);
        Dictionary<string, string> remarks = new() { ["format"] = format };
        string[] found = [.. Places.Where(place => entries.GetValueOrDefault(place) is PickleDictionary nested && HasTensor(nested))];
        OrderedDictionary<string, object?> parameters = entries;
        if (found.Length > 0)
        {
            remarks["taken from"] = found[0];
            if (found.Length > 1) remarks["passed over"] = string.Join(", ", found[1..]);
            parameters = ByName((PickleDictionary)entries[found[0]]!);
        }
        else if (!HasTensor(top))
            throw new InvalidCheckpointException(
                path, $"it holds no tensors, nor a dictionary of tensors under {string.Join(", ", Places)}; found: {(entries.Count == 0 ? "nothing" : string.Join(", ", entries.Take(20).Select(entry => $"{Short(entry.Key)} ({PickleReader.KindOf(entry.Value)})")))}.");

        List<KeyValuePair<string, PickleTensor>> tensors = [];
        List<string> others = [];
        foreach ((string name, object? value) in parameters)
            if (value is PickleTensor tensor) tensors.Add(new(name, tensor));
            else others.Add(Short(name));
        if (others.Count > 0) remarks["no tensors"] = string.Join(", ", others.Take(20));
        Func<string, string> strip = Checkpoint.StripPrefixes([.. tensors.Select(entry => entry.Key)], remarks);

        OrderedDictionary<string, CheckpointTensor> named = new(tensors.Count);
        foreach ((string name, PickleTensor tensor) in tensors) named.Add(strip(name), tensor.Named(strip(name)));
        return new Checkpoint(path, named, remarks, Scalars(entries, tensorsToo: found.Length > 0));
    }

    private static OrderedDictionary<string, object?> ByName(PickleDictionary dictionary)
    {
        OrderedDictionary<string, object?> entries = [];
        foreach ((object? key, object? value) in dictionary.Entries)
            if (key is string name) entries[name] = value;
        return entries;
    }

    private static bool HasTensor(PickleDictionary dictionary) => dictionary.Entries.Any(entry => entry is { Key: string, Value: PickleTensor });

    /// <summary>What stands at the top; tensors of one element too, where the parameters stand elsewhere.</summary>
    private static Dictionary<string, string> Scalars(OrderedDictionary<string, object?> entries, bool tensorsToo)
    {
        Dictionary<string, string> scalars = [];
        foreach ((string name, object? value) in entries)
            if (value is bool truth) scalars[name] = truth ? "true" : "false";
            else if (tensorsToo && value is PickleTensor { Count: 1 } tensor) scalars[name] = tensor.Named(name).ToFloats()[0].ToString(CultureInfo.InvariantCulture);
            else if (value is long or double or string { Length: <= LongestScalar }) scalars[name] = Convert.ToString(value, CultureInfo.InvariantCulture)!;
        return scalars;
    }

    private static string Short(string name) => name.Length <= LongestScalar ? name : $"{name[..LongestScalar]}…";
}
