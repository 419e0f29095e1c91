using BatchSegmenter.Formats.Archives;

namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>One predicted cloud and its truth.</summary>
/// <param name="Name">Path of the truth relative to its folder, without extension; <c>/</c> separates folders.</param>
/// <param name="Predicted">The LAS or LAZ file, or the Parquet parts in order.</param>
/// <param name="Truth">The LAS or LAZ file, or the Parquet parts in order.</param>
internal sealed record CloudPair(string Name, IReadOnlyList<string> Predicted, IReadOnlyList<string> Truth);

/// <summary>Finds which prediction belongs to which truth.</summary>
internal static class CloudPairing
{
    private const string Source = "source=";

    /// <summary>
    /// Pairs by relative path without extension, in ordinal order; what is left is paired by file name where that is unique.
    /// Two single clouds are a pair whatever their names.
    /// </summary>
    /// <returns>The pairs, and a line for every file that has no partner.</returns>
    /// <exception cref="EvaluationException">There is no pair at all.</exception>
    /// <exception cref="FileNotFoundException">A path does not exist.</exception>
    public static (IReadOnlyList<CloudPair> Pairs, IReadOnlyList<string> Warnings) Pair(string predicted, string truth)
    {
        SortedDictionary<string, List<string>> predictions = Clouds(predicted), truths = Clouds(truth);
        if (predictions.Count == 0) throw new EvaluationException($"{predicted}: holds no .las, .laz or .parquet file.");
        if (truths.Count == 0) throw new EvaluationException($"{truth}: holds no .las, .laz or .parquet file.");
        if (predictions.Count == 1 && truths.Count == 1)
            return ([new CloudPair(truths.First().Key, predictions.First().Value, truths.First().Value)], []);

        List<CloudPair> pairs = [];
        List<string> warnings = [];
        foreach ((string name, List<string> files) in truths)
            if (predictions.Remove(name, out List<string>? match)) pairs.Add(new CloudPair(name, match, files));
        foreach (CloudPair pair in pairs) truths.Remove(pair.Name);

        foreach (IGrouping<string, string> group in truths.Keys.GroupBy(FileName).Where(group => group.Count() == 1).ToList())
        {
            List<string> matches = [.. predictions.Keys.Where(name => FileName(name) == group.Key)];
            if (matches.Count != 1) continue;
            string name = group.Single();
            pairs.Add(new CloudPair(name, predictions[matches[0]], truths[name]));
            warnings.Add($"truth {name} is paired with prediction {matches[0]} by file name alone.");
            predictions.Remove(matches[0]);
            truths.Remove(name);
        }

        if (pairs.Count == 0)
            throw new EvaluationException($"no prediction has the name of a truth: predicted {List(predictions.Keys)}; truth {List(truths.Keys)}.");
        warnings.AddRange(truths.Keys.Select(name => $"truth {name} has no prediction and is not counted."));
        warnings.AddRange(predictions.Keys.Select(name => $"prediction {name} has no truth and is not counted."));
        pairs.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return (pairs, warnings);
    }

    private static string FileName(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static string List(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(3)) + (names.Count > 3 ? $" and {names.Count - 3} more" : "");

    /// <summary>Files by name. Of a run's output folder the dataset is taken, or the labelled clouds where there is no dataset.</summary>
    private static SortedDictionary<string, List<string>> Clouds(string path)
    {
        SortedDictionary<string, List<string>> clouds = new(StringComparer.Ordinal);
        if (File.Exists(ArchiveMembers.FileOf(path)))
        {
            clouds.Add(Path.GetFileNameWithoutExtension(path), [path]);
            return clouds;
        }

        if (!Directory.Exists(path)) throw new FileNotFoundException($"{path}: no such file or folder.", path);
        if (Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))).StartsWith(Source, StringComparison.Ordinal))
        {
            AddSource(path);
            return clouds;
        }

        foreach (string folder in new[] { path, Path.Combine(path, "points") }.Where(Directory.Exists))
            foreach (string source in Directory.EnumerateDirectories(folder, Source + "*")) AddSource(source);
        if (clouds.Count > 0) return clouds;

        string root = Directory.Exists(Path.Combine(path, "_runs")) && Directory.Exists(Path.Combine(path, "las")) ? Path.Combine(path, "las") : path;
        foreach (string file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (Path.GetExtension(file).ToLowerInvariant() is not (".las" or ".laz" or ".parquet")) continue;
            string relative = Path.GetRelativePath(root, file).Replace('\\', '/');
            // Where a.las and a.laz stand side by side the second keeps its extension, as in a run's outputs.
            if (!clouds.TryAdd(Path.ChangeExtension(relative, null), [file])) clouds.Add(relative, [file]);
        }

        return clouds;

        void AddSource(string folder)
        {
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))[Source.Length..];
            List<string> parts = [.. Directory.EnumerateFiles(folder, "*.parquet").Order(StringComparer.Ordinal)];
            if (parts.Count > 0) clouds.Add(Uri.UnescapeDataString(name), parts);
        }
    }
}
