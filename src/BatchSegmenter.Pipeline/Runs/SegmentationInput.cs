using System.Globalization;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>One input of a run: a file, a blob, or a member of an archive.</summary>
/// <param name="Path">Full path or blob's address; of a member of an archive its address, <c>archive.zip!/cloud.laz</c>.</param>
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

    /// <summary>Where the input lies, if not in a file.</summary>
    internal RemoteObject? Remote { get; init; }

    /// <summary>Opens it to be read, from its first point on.</summary>
    /// <exception cref="PointCloudException">The content is of no known format, damaged, or not supported.</exception>
    /// <exception cref="ObjectChangedException">It is another one than when it was listed, or gone. Of a blob every later read throws it too; of a file see <see cref="RequireUnchanged"/>.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public PointCloudReader Open(PointReadOptions options)
    {
        if (Remote is not null) return PointCloudReader.OpenMember(Remote.Store.OpenRead(Remote.Object), Remote.Address, Remote.Member, options);
        RequireUnchanged();
        return PointCloudReader.Open(Path, options);
    }

    /// <summary>Makes sure that what was read of a local file since it was listed is of one version. Of a blob, each request tells.</summary>
    /// <exception cref="ObjectChangedException">It is another one, or gone.</exception>
    internal void RequireUnchanged()
    {
        if (Remote is null && Change(TagOf(Path)) is { } change) throw change;
    }

    /// <summary>Looks up whether it is another one than when it was listed, or gone; null where it is neither.</summary>
    /// <exception cref="StorageException">The store does not answer.</exception>
    internal async Task<ObjectChangedException?> FindChangeAsync(CancellationToken cancellation = default) => Change(
        Remote is null ? TagOf(Path) : (await Remote.Store.FindAsync(Remote.Object.Name, cancellation).ConfigureAwait(false))?.Tag ?? "");

    private ObjectChangedException? Change(string found) =>
        Tag.Length == 0 || found == Tag ? null : new ObjectChangedException(Path, Tag, found.Length == 0 ? null : found);

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

/// <summary>An input in a store, pinned to what it was when it was listed.</summary>
/// <param name="Store">The store.</param>
/// <param name="Object">The object: the cloud, or the archive around it.</param>
/// <param name="Member">The member within the archive; empty for none.</param>
internal sealed record RemoteObject(ObjectStore Store, StoredObject Object, string Member)
{
    /// <summary>The object's address.</summary>
    public string Address => Store.AddressOf(Object.Name);
}
