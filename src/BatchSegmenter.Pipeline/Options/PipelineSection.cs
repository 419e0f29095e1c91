using System.Globalization;
using System.Text.Json;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Options;

/// <summary>
/// One object of a pipeline file while it is read. A key exists by being asked for: what was asked for is what the error
/// for an unknown key offers. Faults are collected, and a default takes the place of the faulty value, so that all
/// faults come out in one go. Where the object is missing, every key has its default.
/// </summary>
internal sealed class PipelineSection(PipelineValue? value, string path, PipelineReading reading)
{
    private readonly List<string> _asked = [];

    /// <summary>Whether the file has this object.</summary>
    public bool Exists => value is not null;

    /// <summary>The object of that name; anything else but null is a fault.</summary>
    public PipelineSection Section(string key)
    {
        PipelineValue? found = Find(key);
        if (found is not null && found.Kind != JsonValueKind.Object)
        {
            Refuse(found, key, "an object");
            found = null;
        }

        return new(found, PathOf(key), reading);
    }

    /// <summary>An object that may be switched off and on: null and false are off, true is on with all defaults.</summary>
    /// <returns>The object, and whether it is on.</returns>
    public (PipelineSection Section, bool On) SwitchedSection(string key, bool onByDefault)
    {
        PipelineValue? found = Find(key);
        bool? on = found?.Kind switch
        {
            JsonValueKind.Object or JsonValueKind.True => true,
            JsonValueKind.False or JsonValueKind.Null => false,
            _ => null,
        };
        if (found is not null && on is null) Refuse(found, key, "an object, true or false");
        return (new(found?.Kind == JsonValueKind.Object ? found : null, PathOf(key), reading), on ?? onByDefault);
    }

    /// <summary>A string that is not empty.</summary>
    public string? Text(string key, string expected = "a string that is not empty")
    {
        PipelineValue? found = Find(key);
        if (found is null || (found.Kind == JsonValueKind.String && found.Text.Length > 0)) return found?.Text;
        Refuse(found, key, expected);
        return null;
    }

    /// <summary>A path; relative ones start at the pipeline file's folder, those of the command line at the working directory.</summary>
    public string? FilePath(string key, string expected = "a path", bool remote = false) => Text(key, expected) is { } text ? FilePath(Find(key)!, key, text, remote) : null;

    /// <summary>A list of paths.</summary>
    /// <param name="key">The key.</param>
    /// <param name="remote">Whether addresses of blob stores may be among them.</param>
    public IReadOnlyList<string> FilePaths(string key, bool remote = false) =>
        List(key, "a list of paths", item => item.Kind == JsonValueKind.String && item.Text.Length > 0 ? FilePath(item, key, item.Text, remote) : null);

    /// <summary>One of several words; <paramref name="later"/> gives those that are understood, but not available yet.</summary>
    public string Choice(string key, string otherwise, IReadOnlyList<string> choices, IReadOnlyDictionary<string, string>? later = null)
    {
        PipelineValue? found = Find(key);
        if (found is null) return otherwise;
        if (found.Kind == JsonValueKind.String && choices.Contains(found.Text)) return found.Text;
        if (found.Kind == JsonValueKind.String && later is not null && later.TryGetValue(found.Text, out string? why)) Fault(found, key, why);
        else Refuse(found, key, string.Join(" or ", choices.Select(choice => $"\"{choice}\"")));
        return otherwise;
    }

    /// <summary>True or false; where <paramref name="later"/> is given, true is not available yet for that reason.</summary>
    public bool Flag(string key, bool otherwise = false, string? later = null)
    {
        PipelineValue? found = Find(key);
        if (found is null) return otherwise;
        if (found.Kind is not (JsonValueKind.True or JsonValueKind.False)) Refuse(found, key, "true or false");
        else if (found.Kind == JsonValueKind.True && later is not null) Fault(found, key, later);
        else return found.Kind == JsonValueKind.True;
        return otherwise;
    }

    /// <summary>A number within limits, both allowed.</summary>
    public double Number(string key, double otherwise, double min, double max, string expected)
    {
        PipelineValue? found = Find(key);
        if (found is null) return otherwise;
        if (ParseNumber(found) is { } number && number >= min && number <= max) return number;
        Refuse(found, key, expected);
        return otherwise;
    }

    /// <summary>A whole number within limits, both allowed.</summary>
    public int Count(string key, int otherwise, int min, int max)
    {
        PipelineValue? found = Find(key);
        if (found is null) return otherwise;
        if (ParseNumber(found) is { } number && number >= min && number <= max && number == Math.Floor(number)) return (int)number;
        Refuse(found, key, $"a whole number from {min} to {max}");
        return otherwise;
    }

    /// <summary>A whole number of at least <paramref name="min"/>, or the word that stands for null.</summary>
    public int? CountOr(string word, string key, int min, int max = int.MaxValue)
    {
        PipelineValue? found = Find(key);
        if (found is null || (found.Kind == JsonValueKind.String && found.Text == word)) return null;
        if (ParseCount(found, min, max) is { } number) return number;
        Refuse(found, key, max == int.MaxValue ? $"a whole number of at least {min}, or \"{word}\"" : $"a whole number from {min} to {max}, or \"{word}\"");
        return null;
    }

    /// <summary>A whole number within limits, both allowed, or a list of such, at least one, each of which is kept once.</summary>
    public IReadOnlyList<int> CountOrList(string key, IReadOnlyList<int> otherwise, int min, int max, string expected)
    {
        PipelineValue? found = Find(key);
        if (found is null) return otherwise;
        IReadOnlyList<PipelineValue> items = found.Kind == JsonValueKind.Array ? found.Items : [found];
        List<int> numbers = [.. items.Select(item => ParseCount(item, min, max)).OfType<int>().Distinct()];
        if (numbers.Count > 0 && items.All(item => ParseCount(item, min, max) is not null)) return numbers;
        Refuse(items.FirstOrDefault(item => ParseCount(item, min, max) is null) ?? found, key, expected);
        return otherwise;
    }

    /// <summary>A length in metres above zero, or "auto", which is null.</summary>
    public double? LengthOrAuto(string key, bool zeroAllowed)
    {
        PipelineValue? found = Find(key);
        if (found is null || (found.Kind == JsonValueKind.String && found.Text == "auto")) return null;
        if (ParseNumber(found) is { } metres && double.IsFinite(metres) && (metres > 0 || (zeroAllowed && metres == 0))) return metres;
        Refuse(found, key, zeroAllowed ? "metres, 0 or more, or \"auto\"" : "metres above 0, or \"auto\"");
        return null;
    }

    /// <summary>A value that <paramref name="parse"/> understands; it gives null for what it does not.</summary>
    public T? Parsed<T>(string key, string expected, Func<string, T?> parse) where T : struct
    {
        PipelineValue? found = Find(key);
        if (found is null) return null;
        T? parsed = found.Kind is JsonValueKind.String or JsonValueKind.Number ? parse(found.Text) : null;
        if (parsed is null) Refuse(found, key, expected);
        return parsed;
    }

    /// <summary>A list whose elements <paramref name="parse"/> understands; it gives null for what it does not.</summary>
    public IReadOnlyList<T> List<T>(string key, string expected, Func<PipelineValue, T?> parse, IReadOnlyList<T>? otherwise = null)
    {
        PipelineValue? found = Find(key);
        if (found is null) return otherwise ?? [];
        if (found.Kind != JsonValueKind.Array) Refuse(found, key, expected);
        var items = new List<T>();
        foreach (PipelineValue item in found.Items)
        {
            if (parse(item) is { } parsed) items.Add(parsed);
            else Refuse(item, key, expected);
        }

        return items;
    }

    /// <summary>Reports a key that is not there or, as a list, is empty.</summary>
    public void Require(string key, string expected, int? count = null)
    {
        if (Find(key) is not { } found) reading.Faults.Add($"{reading.File}: {PathOf(key)}: missing; expected {expected}");
        else if (count == 0 && found.Items.Count == 0 && found.Kind == JsonValueKind.Array) Fault(found, key, $"the list is empty; expected {expected}");
    }

    /// <summary>Records a fault at a key that is there.</summary>
    public void Fault(string key, string problem)
    {
        if (Find(key) is { } found) Fault(found, key, problem);
    }

    /// <summary>Reports the keys that nobody asked for. Call it last.</summary>
    public void Close()
    {
        foreach ((string key, PipelineValue found) in value?.Members ?? [])
            if (!_asked.Contains(key)) Fault(found, key, $"unknown key; expected {string.Join(", ", _asked)}");
    }

    private static double? ParseNumber(PipelineValue found) =>
        found.Kind == JsonValueKind.Number && double.TryParse(found.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : null;

    private static int? ParseCount(PipelineValue found, int min, int max) =>
        ParseNumber(found) is { } number && number >= min && number <= max && number == Math.Floor(number) ? (int)number : null;

    private PipelineValue? Find(string key)
    {
        if (!_asked.Contains(key))
        {
            _asked.Add(key);
            reading.Keys.Add(PathOf(key));
        }

        return value?[key];
    }

    private string? FilePath(PipelineValue found, string key, string text, bool remote)
    {
        if (text.Contains("://", StringComparison.Ordinal))
        {
            try
            {
                if (remote && StoreAddress.IsRemote(text)) return StoreAddress.Parse(text).Text;
                Fault(found, key, $"found \"{text}\"; expected a local path{(remote ? ", azure://container/prefix or https://ACCOUNT.blob.core.windows.net/container/prefix" : "")}");
            }
            catch (ConfigurationException fault)
            {
                Fault(found, key, fault.Message);
            }

            return text;
        }

        return Path.GetFullPath(text, found.Line == 0 ? Environment.CurrentDirectory : reading.Folder);
    }

    private void Refuse(PipelineValue found, string key, string expected) => Fault(found, key, $"found {found}; expected {expected}");

    private void Fault(PipelineValue found, string key, string problem) => reading.Fault(found, PathOf(key), problem);

    private string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";
}
