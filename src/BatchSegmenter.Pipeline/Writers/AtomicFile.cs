using System.Runtime.InteropServices;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>
/// A file that appears under its name whole or not at all: it is written beside its target under a dot-prefixed name,
/// flushed to disk and renamed over the target, and the folder is flushed. Dropped unless <see cref="Commit"/> is called.
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private readonly string _path;
    private FileStream? _stream;
    private bool _committed;

    /// <summary>Opens the temporary file and creates the folder; what a killed run left under its name is overwritten.</summary>
    /// <exception cref="IOException">The folder cannot be written, or another process writes the same file.</exception>
    public AtomicFile(string path)
    {
        _path = System.IO.Path.GetFullPath(path);
        string folder = System.IO.Path.GetDirectoryName(_path)!;
        Directory.CreateDirectory(folder);
        TemporaryPath = System.IO.Path.Combine(folder, $".{System.IO.Path.GetFileName(_path)}.tmp");
        DropLeftOver(TemporaryPath);
        _stream = new(TemporaryPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    }

    /// <summary>Where to write; seekable. Closed by <see cref="Complete"/> and <see cref="Commit"/>.</summary>
    public Stream Stream => _stream ?? throw new InvalidOperationException($"{_path} is complete.");

    /// <summary>Full path of the temporary file.</summary>
    public string TemporaryPath { get; }

    /// <summary>Ends the writing: what was written is on disk, still under the temporary name.</summary>
    public void Complete()
    {
        if (_stream is null) return;
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        _stream = null;
    }

    /// <summary>Makes the file visible under its name, in place of an earlier one.</summary>
    /// <exception cref="IOException">The file cannot be flushed or renamed.</exception>
    public void Commit()
    {
        Complete();
        File.Move(TemporaryPath, _path, overwrite: true);
        _committed = true;
        FlushFolder(System.IO.Path.GetDirectoryName(_path)!);
    }

    /// <summary>Makes the file visible under its name unless there is a file already, which stays: then false.</summary>
    /// <exception cref="IOException">The file cannot be flushed or renamed.</exception>
    public bool TryCommitNew()
    {
        Complete();
        if (!TryRenameNew()) return false;
        _committed = true;
        FlushFolder(System.IO.Path.GetDirectoryName(_path)!);
        return true;
    }

    /// <summary>Drops the file unless it was committed.</summary>
    public void Dispose()
    {
        try
        {
            _stream?.Dispose();
        }
        catch (IOException) when (!_committed)
        {
            // What is still buffered does not fit on the disk; it is dropped all the same.
        }

        _stream = null;
        if (!_committed) File.Delete(TemporaryPath);
    }

    /// <summary>
    /// Writes a folder's entries to disk, so that a rename survives a power cut. Does nothing on Windows, whose file
    /// system journals renames, or where the file system refuses.
    /// </summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        int handle = Open(folder, 0);
        if (handle < 0) return;
        _ = Sync(handle);
        _ = Close(handle);
    }

    /// <summary>
    /// What a killed process left may be a second name of a committed file (see <see cref="TryRenameNew"/>), so it is removed, not emptied.
    /// Opening it first keeps the hands off one that another process writes.
    /// </summary>
    private static void DropLeftOver(string path)
    {
        if (!File.Exists(path)) return;
        using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            if (!OperatingSystem.IsWindows()) File.Delete(path);
        }
    }

    /// <summary>A hard link is the one way of POSIX to rename without replacing; where it is not to be had, .NET looks first and then renames.</summary>
    private bool TryRenameNew()
    {
        if (!OperatingSystem.IsWindows() && Link(TemporaryPath, _path) == 0)
        {
            File.Delete(TemporaryPath);
            return true;
        }

        if (File.Exists(_path)) return false;
        try
        {
            File.Move(TemporaryPath, _path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(_path))
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "link")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string path, [MarshalAs(UnmanagedType.LPUTF8Str)] string newPath);

    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
