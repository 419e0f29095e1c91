using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// A folder as a store. Objects are files, which appear by a rename (<see cref="AtomicFile"/>). Conditional writes of one folder
/// exclude each other by a lock on that folder, which the system lifts if the process dies.
/// </summary>
public sealed class LocalStore : ObjectStore
{
    private static readonly EnumerationOptions AllFiles = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    private readonly RootFolder _root;

    /// <param name="folder">The root; need not exist, and is made by the first write. If it is removed afterwards, it is not made again.</param>
    public LocalStore(string folder)
    {
        Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _root = new(Folder);
    }

    /// <summary>Full path of the root.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    public override string Address => Folder;

    /// <inheritdoc/>
    public override string AddressOf(string name) => PathOf(name);

    /// <summary>Full path of an object's file, which need not exist.</summary>
    /// <exception cref="ArgumentException">The name leads out of the store.</exception>
    public string PathOf(string name)
    {
        Check(name);
        return Path.Combine(Folder, name.Replace('/', Path.DirectorySeparatorChar));
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        string below = prefix[..(prefix.LastIndexOf('/') + 1)];
        if (below.Length > 0) Check(below[..^1]);
        string folder = Path.Combine(Folder, below);
        if (IsHidden(prefix) || !Directory.Exists(folder)) yield break;
        foreach (StoredObject it in Below(folder, prefix).OrderBy(it => it.Name, StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return it;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task<StoredObject?> FindAsync(string name, CancellationToken cancellation = default) => Task.FromResult(Find(name));

    /// <inheritdoc/>
    public override Stream OpenRead(StoredObject it) => new PinnedFileStream(PathOf(it.Name), it);

    /// <inheritdoc/>
    public override StagedObject Create(string name, bool seekable = false) => new StagedFile(this, name);

    /// <inheritdoc/>
    public override Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation = default)
    {
        string path = PathOf(name);
        _root.Make(Path.GetDirectoryName(path)!);
        using FolderLock held = FolderLock.Take(Path.GetDirectoryName(path)!, cancellation);
        if (File.Exists(path)) return Task.FromResult(false);
        using AtomicFile file = new(path, _root, isFolderLocked: true);
        file.Stream.Write(content.Span);
        return Task.FromResult(file.TryCommitNew());
    }

    /// <inheritdoc/>
    public override Task<bool> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, string tag, CancellationToken cancellation = default)
    {
        string path = PathOf(name);
        if (!Directory.Exists(Path.GetDirectoryName(path))) return Task.FromResult(false);
        using FolderLock held = FolderLock.Take(Path.GetDirectoryName(path)!, cancellation);
        if (Find(name) is not { } old || old.Tag != tag) return Task.FromResult(false);
        using AtomicFile file = new(path, _root, isFolderLocked: true);
        file.Stream.Write(content.Span);
        file.Complete();

        // File systems round times, to two seconds at worst; equal lengths within one step would else have equal tags.
        foreach (long ticks in (ReadOnlySpan<long>)[1, 2 * TimeSpan.TicksPerSecond])
            if (TagOf(content.Length, File.GetLastWriteTimeUtc(file.TemporaryPath)) == tag)
                File.SetLastWriteTimeUtc(file.TemporaryPath, old.Modified.UtcDateTime.AddTicks(ticks));
        file.Commit();
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public override Task DeleteAsync(string name, CancellationToken cancellation = default)
    {
        string path = PathOf(name);
        if (!File.Exists(path)) return Task.CompletedTask;
        File.Delete(path);
        AtomicFile.FlushFolder(Path.GetDirectoryName(path)!);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task SweepAsync(CancellationToken cancellation = default) => Task.Run(() => AbandonedFiles.Remove(Folder, cancellation), cancellation);

    internal static string TagOf(long length, DateTime modifiedUtc) => string.Create(CultureInfo.InvariantCulture, $"{length}-{modifiedUtc.Ticks}");

    internal StoredObject? Find(string name)
    {
        FileInfo file = new(PathOf(name));
        return file.Exists ? new(name, file.Length, TagOf(file.Length, file.LastWriteTimeUtc), file.LastWriteTimeUtc) : null;
    }

    /// <summary>Begins the file of an object.</summary>
    internal AtomicFile Begin(string name) => new(PathOf(name), _root);

    private FileSystemEnumerable<StoredObject> Below(string folder, string prefix) =>
        new(folder, (ref FileSystemEntry entry) => Describe(ref entry), AllFiles)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && entry.FileName[0] != '.' && NameOf(ref entry).StartsWith(prefix, StringComparison.Ordinal),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => entry.FileName[0] != '.' && (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };

    private StoredObject Describe(ref FileSystemEntry entry)
    {
        FileInfo file = new(entry.ToFullPath());
        return new(NameOf(ref entry), file.Length, TagOf(file.Length, file.LastWriteTimeUtc), file.LastWriteTimeUtc);
    }

    private string NameOf(ref FileSystemEntry entry) => Path.GetRelativePath(Folder, entry.ToFullPath()).Replace(Path.DirectorySeparatorChar, '/');
}
