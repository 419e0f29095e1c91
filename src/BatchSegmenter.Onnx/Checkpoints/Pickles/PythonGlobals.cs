namespace BatchSegmenter.Onnx.Checkpoints.Pickles;

/// <summary>What of Python's own library a pickle may name: containers, number types, and records that are kept closed.</summary>
internal static class PythonGlobals
{
    private static readonly string[] Closed =
    [
        "argparse.Namespace", "easydict.EasyDict", "types.SimpleNamespace",
        "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
        "builtins.object", "builtins.int", "builtins.float", "builtins.bool", "builtins.complex", "builtins.str", "builtins.bytes", "builtins.bytearray",
    ];

    public static IEnumerable<PickleGlobal> All =>
    [
        new("builtins.dict", call => Dictionary(call, 0)),
        new("collections.OrderedDict", call => Dictionary(call, 0)),
        new("collections.Counter", call => Dictionary(call, 0)),
        new("collections.defaultdict", call => Dictionary(call, 1)),
        new("builtins.list", Sequence),
        new("builtins.set", Sequence),
        new("builtins.frozenset", Sequence),
        new("collections.deque", Sequence),
        new("builtins.tuple", call => call.Arguments.Length == 0 ? Array.Empty<object?>() : Copied(call).ToArray()),

        // NumPy's bytes under old protocols: text with a character per byte, and taken as such where bytes are asked for.
        new("_codecs.encode", call => call.Argument<string>(0, "a string")),
        new("copyreg._reconstructor", call => new PickleRecord(call.Argument<PickleGlobal>(0, "a class").Name)),
        .. Closed.Select(name => new PickleGlobal(name, _ => new PickleRecord(name))),
    ];

    private static PickleList Sequence(PickleCall call)
    {
        PickleList list = new();
        if (call.Arguments.Length > 0) list.Items.AddRange(Copied(call));
        return list;
    }

    private static IReadOnlyList<object?> Copied(PickleCall call)
    {
        IReadOnlyList<object?> items = call.Items(0, "a list");
        call.Spend(items.Count);
        return items;
    }

    private static PickleDictionary Dictionary(PickleCall call, int first)
    {
        PickleDictionary dictionary = new();
        if (call.Arguments.Length <= first) return dictionary;
        if (call.Arguments[first] is PickleDictionary other)
        {
            call.Spend(other.Entries.Count);
            dictionary.Entries.AddRange(other.Entries);
            return dictionary;
        }
        IReadOnlyList<object?> pairs = call.Items(first, "a dictionary or a list of pairs");
        call.Spend(pairs.Count);
        foreach (object? pair in pairs)
            dictionary.Entries.Add(pair switch
            {
                object?[] { Length: 2 } tuple => new(tuple[0], tuple[1]),
                PickleList { Items: [var key, var value] } => new(key, value),
                _ => throw call.Invalid($"{PickleReader.KindOf(pair)} where a pair of key and value is expected"),
            });
        return dictionary;
    }
}
