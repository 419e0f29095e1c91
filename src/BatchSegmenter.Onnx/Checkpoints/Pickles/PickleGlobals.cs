using System.Collections.Frozen;

namespace BatchSegmenter.Onnx.Checkpoints.Pickles;

/// <summary>
/// All that a pickle may name. Whatever is not here is refused where it is named, before anything could be made of it.
/// </summary>
internal static class PickleGlobals
{
    private const int LongestName = 200;

    private static readonly FrozenDictionary<string, PickleGlobal> Known =
        ((IEnumerable<PickleGlobal>)[.. PythonGlobals.All, .. NumpyGlobals.All, .. TorchGlobals.All]).ToFrozenDictionary(known => known.Name);

    /// <summary>The class or function of the name.</summary>
    /// <exception cref="UnsupportedCheckpointException">It is not known.</exception>
    public static PickleGlobal Find(string module, string name, PickleBytes source, int offset)
    {
        // Python 2, NumPy 2 and tensors of the GPU have other names for the same.
        string home = module switch
        {
            "__builtin__" => "builtins",
            "copy_reg" => "copyreg",
            "torch.cuda" => "torch",
            "torch._tensor" => "torch._utils",
            _ when module.StartsWith("numpy._core", StringComparison.Ordinal) => $"numpy.{module[7..]}",
            _ => module,
        };
        return Known.TryGetValue($"{home}.{name}", out PickleGlobal? global) ? global : throw Refusal($"{module}.{name}", source, offset);
    }

    private static UnsupportedCheckpointException Refusal(string name, PickleBytes source, int offset)
    {
        string shown = new([.. name.Take(LongestName).Select(it => char.IsControl(it) ? '?' : it)]);
        return name.StartsWith("torch.nn.", StringComparison.Ordinal) || name.StartsWith("__torch__.", StringComparison.Ordinal)
            ? source.Unsupported(offset, $"the file holds a whole module ({shown}), whose code can't be run here; save its parameters alone: torch.save(model.state_dict(), path)")
            : source.Unsupported(
                offset,
                $"the pickle asks for {shown}, which is refused; nothing was run. Tensors, dictionaries, lists, tuples, sets, numbers, strings, NumPy scalars and arrays, "
                + "and plain records (argparse.Namespace, easydict.EasyDict, types.SimpleNamespace, pathlib paths) are read. "
                + "Save the parameters alone: torch.save(model.state_dict(), path)");
    }
}
