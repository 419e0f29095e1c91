namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>Asks the sources, strongest first, for what keys and shapes can't tell, and remembers who answered and what nobody did.</summary>
internal sealed class ParameterLookup
{
    private readonly string _path;
    private readonly NetworkFamily _family;
    private readonly List<(ParameterSource Source, NetworkParameters Values)> _sources;
    private readonly List<string> _missing = [];
    private readonly HashSet<string> _asked = [];

    /// <param name="path">The checkpoint.</param>
    /// <param name="family">What was recognised.</param>
    /// <param name="sources">Strongest first.</param>
    /// <param name="rule">What all networks of the family have in common; asked last.</param>
    /// <exception cref="InvalidNetworkDescriptionException">A preset is not for this family.</exception>
    public ParameterLookup(string path, NetworkFamily family, IEnumerable<ParameterSource> sources, NetworkParameters rule)
    {
        (_path, _family) = (path, family);
        _sources = [.. sources.Append(new ParameterSource(ValueOrigin.Family, rule)).Select(source => (source, source.For(family)))];
    }

    public List<ValueOrigin> Origins { get; } = [];

    public List<string> Remarks { get; } = [];

    /// <summary>Notes a value that the shapes told.</summary>
    public void Shapes(string what, string value) => Origins.Add(new ValueOrigin(what, value, ValueOrigin.Shapes));

    /// <summary>The value of the strongest source that has one; null, and not missed, where none has.</summary>
    public T? Optional<T>(string what, Func<NetworkParameters, T?> select, Func<T, string> text) where T : class => Find(what, select, text)?.Value;

    /// <inheritdoc cref="Optional{T}(string, Func{NetworkParameters, T}, Func{T, string})"/>
    public T? Optional<T>(string what, Func<NetworkParameters, T?> select) where T : struct =>
        Optional(what, parameters => select(parameters) is T value ? new Boxed<T>(value) : null, boxed => Text(boxed.Value))?.Value;

    /// <summary>The value of the strongest source that has one; <paramref name="placeholder"/>, and missed, where none has.</summary>
    public T Required<T>(string what, Func<NetworkParameters, T?> select, T placeholder) where T : struct
    {
        if (Optional(what, select) is T value) return value;
        Miss(what, "");
        return placeholder;
    }

    /// <summary>A list with an entry for each of the levels, or for each of the scales of each.</summary>
    /// <param name="what">Its key.</param>
    /// <param name="select">Where it stands.</param>
    /// <param name="counts">Entries wanted: by level, the number of scales, or null where the level has one plain entry.</param>
    /// <param name="count">Entries there are.</param>
    /// <param name="text">The list, for people.</param>
    /// <param name="meaning">What an entry is, for the error where nobody has it.</param>
    /// <returns>The list, or null, and missed, where none has it.</returns>
    /// <exception cref="InvalidNetworkDescriptionException">The list does not fit the shapes.</exception>
    public T? PerLevel<T>(string what, Func<NetworkParameters, T?> select, IReadOnlyList<int?> counts, Func<T, IReadOnlyList<int?>> count, Func<T, string> text, string meaning)
        where T : class
    {
        if (Find(what, select, text) is not (T value, string from))
        {
            Miss(what, $"{meaning}: {Shape(counts)}");
            return null;
        }
        IReadOnlyList<int?> found = count(value);
        return found.SequenceEqual(counts)
            ? value
            : throw new InvalidNetworkDescriptionException(from, $"{what} has {Shape(found)}; {_path}, a {_family.Name}, has {Shape(counts)} by its shapes");
    }

    /// <summary>Names that go with a count that the shapes told.</summary>
    /// <param name="what">What they are, for people.</param>
    /// <param name="choices">Lists to choose from by their length.</param>
    /// <param name="name">The name of one.</param>
    /// <param name="count">How many are wanted.</param>
    /// <exception cref="InvalidNetworkDescriptionException">A source that does not give way has another number of them.</exception>
    public IReadOnlyList<T>? Names<T>(string what, Func<ParameterSource, NetworkParameters, IReadOnlyList<IReadOnlyList<T>>> choices, Func<T, string> name, int count)
    {
        _asked.Add(what);
        foreach ((ParameterSource source, NetworkParameters values) in _sources)
        {
            IReadOnlyList<IReadOnlyList<T>> lists = choices(source, values);
            if (lists.FirstOrDefault(list => list.Count == count) is { } names)
            {
                Origins.Add(new ValueOrigin(what, string.Join(", ", names.Select(name)), source.Name));
                return names;
            }
            if (lists.Count == 0) continue;
            string lengths = string.Join(" or ", lists.Select(list => list.Count));
            if (!source.GivesWay) throw new InvalidNetworkDescriptionException(source.Name, $"it has {lengths} {what}; {_path} has {count} by its shapes");
            Remarks.Add($"The {what} of {source.Name} were left out: it has {lengths}, the checkpoint {count} by its shapes. Name them in a description file.");
        }
        return null;
    }

    /// <summary>Notes that nobody told a value.</summary>
    public void Miss(string what, string meaning) => _missing.Add(meaning.Length > 0 ? $"{what} ({meaning})" : what);

    /// <summary>Refuses values that mean nothing for this network. A preset may have more than one network needs.</summary>
    /// <exception cref="InvalidNetworkDescriptionException">Names the values.</exception>
    public void RefuseUnasked()
    {
        foreach ((ParameterSource source, NetworkParameters values) in _sources)
        {
            if (source.GivesWay || source.Name == ValueOrigin.Family) continue;
            string[] unasked = [.. values.Told.Where(key => !_asked.Contains(key is "strides" or "ratios" ? "samples" : key))];
            if (unasked.Length > 0) throw new InvalidNetworkDescriptionException(source.Name, $"{string.Join(", ", unasked)} has no meaning for a {_family.Name}, which {_path} is");
        }
    }

    /// <summary>Compares the numbers of layers where a source tells them.</summary>
    /// <exception cref="InvalidNetworkDescriptionException">They differ.</exception>
    public void CheckLayers(IEnumerable<string> layers)
    {
        if (Find<IReadOnlyList<int>>("layers", parameters => parameters.Layers, list => string.Join(", ", list)) is not (IReadOnlyList<int> wanted, string from)) return;
        int[] found = [.. layers.GroupBy(name => name[..name.LastIndexOf('.')]).Select(group => group.Count())];
        if (!found.SequenceEqual(wanted))
            throw new InvalidNetworkDescriptionException(
                from, $"its networks have layers {string.Join(", ", wanted)}; {_path} has {string.Join(", ", found)}. If nothing is missing, give its own numbers as layers in a description file");
    }

    /// <exception cref="MissingParametersException">Values were missed.</exception>
    public void ThrowIfMissed()
    {
        if (_missing.Count == 0) return;
        string[] presets = [.. NetworkPreset.All.Where(preset => preset.Serves(_family)).Select(preset => preset.Name)];
        string known = presets.Length > 0 ? $"a preset ({string.Join(", ", presets)})" : "a preset (none is known for this family)";
        throw new MissingParametersException(_path, $"the keys and shapes of this {_family.Name} do not tell {string.Join("; ", _missing)}. Give {known}, a description file or flags", _missing);
    }

    private (T Value, string From)? Find<T>(string what, Func<NetworkParameters, T?> select, Func<T, string> text) where T : class
    {
        _asked.Add(what);
        foreach ((ParameterSource source, NetworkParameters values) in _sources)
        {
            if (select(values) is not T value) continue;
            Origins.Add(new ValueOrigin(what, text(value), source.Name));
            return (value, source.Name);
        }
        return null;
    }

    private static string Shape(IReadOnlyList<int?> counts) => counts.All(count => count is null)
        ? $"{counts.Count} levels"
        : $"{counts.Count} levels of {string.Join(", ", counts)} scales";

    private static string Text<T>(T value) where T : struct => value is bool flag ? (flag ? "yes" : "no") : FormattableString.Invariant($"{value}");

    private sealed record Boxed<T>(T Value);
}
