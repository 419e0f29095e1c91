using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// Finds and removes what killed runs left in an output folder: temporary files of <see cref="AtomicFile"/> and folders that were made for
/// files that never came. Only names that the program gives, only where it writes. A writer holds a lock on its temporary file as long as it
/// lives, so several runs may share the folder; where a file system locks nothing, nothing is removed.
/// </summary>
internal static class AbandonedFiles
{
    private const string Temporary = ".tmp";

    private static readonly (string Folder, string[] Extensions)[] Places =
    [
        ("points", [".parquet"]),
        ("las", [".las", ".laz"]),
        ("_ledger", [".json", ".lock"]),
        ("_quarantine", [".json"]),
        ("_runs", [".json"]),
    ];

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None };

    /// <summary>Removes them. What cannot be listed or removed stays for the next time.</summary>
    /// <param name="output">The output folder; need not exist.</param>
    /// <param name="cancellation">Ends it between two files.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Remove(string output, CancellationToken cancellation)
    {
        RemoveFiles(new(output), file => file.Name.StartsWith(".summary", StringComparison.Ordinal) && IsOf(file, [".csv"]), cancellation);
        foreach ((string folder, string[] extensions) in Places) Below(new(Path.Combine(output, folder)), extensions, cancellation);
    }

    private static void Below(DirectoryInfo folder, string[] extensions, CancellationToken cancellation)
    {
        RemoveFiles(folder, file => IsOf(file, extensions), cancellation);
        foreach (DirectoryInfo inner in Listed(() => folder.GetDirectories("*", Everything)))
        {
            if (inner.Name.StartsWith('.') || inner.LinkTarget is not null) continue;
            Below(inner, extensions, cancellation);
            Try(() =>
            {
                if (!inner.EnumerateFileSystemInfos("*", Everything).Any()) inner.Delete();
            });
        }
    }

    private static void RemoveFiles(DirectoryInfo folder, Func<FileInfo, bool> isOurs, CancellationToken cancellation)
    {
        foreach (FileInfo file in Listed(() => folder.GetFiles($".*{Temporary}", Everything)))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!isOurs(file) || file.LinkTarget is not null) continue;

            // Writers open and rename under the same lock: what is neither renamed nor locked now has nobody.
            using FolderLock locked = FolderLock.Take(folder.FullName, cancellation);
            Try(() =>
            {
                if (IsAbandoned(file.FullName)) file.Delete();
            });
        }
    }

    private static bool IsOf(FileInfo file, string[] extensions) => extensions.Contains(Path.GetExtension(file.Name[..^Temporary.Length]), StringComparer.Ordinal);

    private static bool IsAbandoned(string path)
    {
        using FileStream held = Open();
        try
        {
            using FileStream again = Open();
            return false; // no lock keeps the second out, so none would have kept the first
        }
        catch (IOException)
        {
            return true;
        }

        FileStream Open() => new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    private static T[] Listed<T>(Func<T[]> list)
    {
        T[] found = [];
        Try(() => found = list());
        return found;
    }

    private static void Try(Action work)
    {
        try
        {
            work();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // In use, gone meanwhile, or somebody else's.
        }
    }
}
