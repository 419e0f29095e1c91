using System.Globalization;
using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Formats.Parquet;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>One input file of a run.</summary>
/// <param name="Path">Full path; of a member of an archive its address, <c>archive.zip!/cloud.laz</c>.</param>
/// <param name="RelativePath">
/// Path relative to the folder or glob prefix that named it, with <c>/</c>, without extension (kept where two inputs would
/// collide): where the labelled file goes below <c>las/</c>. Unique within the run, whatever the case of its letters.
/// </param>
public sealed record SegmentationInput(string Path, string RelativePath)
{
    /// <summary>
    /// The value of <c>source=</c> in the dataset's folder names: the relative path with <c>/</c> as <c>%2F</c>, and with
    /// whatever a folder name cannot hold everywhere percent-encoded too.
    /// </summary>
    public string Source { get; } = Encode(RelativePath);

    /// <summary>Bytes of the file, or those that an archive declares for its member; 0 where there is none.</summary>
    public long Bytes { get; init; } = File.Exists(Path) ? new FileInfo(Path).Length : 0;

    /// <summary>
    /// What differs whenever the content does: an ETag, or of a file (or the archive around it) length and ticks of the last write; empty where there
    /// is no file.
    /// </summary>
    public string Tag { get; init; } = TagOf(Path);

    /// <summary>Whether a local file is another one than when it was listed.</summary>
    internal bool HasChanged() => Tag.Length > 0 && !Path.Contains("://", StringComparison.Ordinal) && TagOf(Path) != Tag;

    /// <summary>When the input was last written; null where that is not known.</summary>
    internal DateTime? Modified()
    {
        string file = ArchiveMembers.FileOf(Path);
        return File.Exists(file) ? File.GetLastWriteTimeUtc(file) : Directory.Exists(Path) ? PointDatasetFolder.Parts(Path).Select(File.GetLastWriteTimeUtc).Append(default).Max() : null;
    }

    private static string TagOf(string path)
    {
        string file = ArchiveMembers.FileOf(path);
        IEnumerable<string> files = File.Exists(file) ? [file] : Directory.Exists(path) ? PointDatasetFolder.Parts(path) : [];
        return string.Join('+', files.Select(name => new FileInfo(name)).Select(info => string.Create(CultureInfo.InvariantCulture, $"{info.Length}-{info.LastWriteTimeUtc.Ticks}")));
    }

    private static string Encode(string text)
    {
        var encoded = new System.Text.StringBuilder();
        foreach (char character in text)
        {
            if (character < ' ' || "/\\%:*?\"<>|=".Contains(character)) encoded.Append('%').Append(((int)character).ToString("X2"));
            else encoded.Append(character);
        }

        return encoded.ToString();
    }
}
