using BatchSegmenter.Formats.Archives;

namespace BatchSegmenter.Formats.Parquet;

/// <summary>A folder <c>source=NAME</c> of Parquet parts that are one cloud, as a run writes it.</summary>
public static class PointDatasetFolder
{
    private const string Prefix = "source=";

    /// <summary>Whether a folder is named as one of a dataset.</summary>
    public static bool IsOne(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)).StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The cloud's name: what stands behind <c>source=</c>, <c>%2F</c> as <c>/</c>; a relative path without <c>..</c>, whatever stands there.</summary>
    public static string NameOf(string folder) =>
        MemberName.Clean(Uri.UnescapeDataString(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))[Prefix.Length..])) is { Length: > 0 } name ? name : "_";

    /// <summary>Full paths of the parts in their order, by name; files that start with a dot or underscore are none.</summary>
    /// <exception cref="IOException">The folder cannot be searched.</exception>
    public static IReadOnlyList<string> Parts(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.parquet").Where(path => Path.GetFileName(path)[0] is not ('.' or '_')).Order(StringComparer.Ordinal),
    ];
}
