using System.Runtime.InteropServices;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>
/// A file that appears under its name whole or not at all: it is written beside its target under a dot-prefixed name,
/// flushed to disk and renamed over the target, and the folder is flushed. Dropped unless <see cref="Commit"/> is called.
/// It is locked until then, which tells it from what a killed process left (<see cref="AbandonedFiles"/>).
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private const int MostTries = 10;

    private readonly string _path;
    private readonly string _folder;
    private readonly RootFolder _root;
    private readonly bool _isFolderLocked;
    private FileStream? _stream;
    private bool _isComplete;
    private bool _committed;

    /// <summary>Opens the temporary file and makes its folder; what a killed run left under its name is overwritten.</summary>
    /// <param name="path">The file's name.</param>
    /// <param name="root">The folder that it lies in or below.</param>
    /// <param name="isFolderLocked">Whether the caller holds the folder's lock, and keeps it to the end.</param>
    /// <exception cref="IOException">The folder cannot be written, or another process writes the same file.</exception>
    public AtomicFile(string path, RootFolder root, bool isFolderLocked = false)
    {
        _path = System.IO.Path.GetFullPath(path);
        _folder = System.IO.Path.GetDirectoryName(_path)!;
        (_root, _isFolderLocked) = (root, isFolderLocked);
        TemporaryPath = System.IO.Path.Combine(_folder, $".{System.IO.Path.GetFileName(_path)}.tmp");
        _stream = Begin();
    }

    /// <summary>Where to write; seekable. Closed by <see cref="Complete"/> and <see cref="Commit"/>.</summary>
    public Stream Stream => !_isComplete && _stream is not null ? _stream : throw new InvalidOperationException($"{_path} is complete.");

    /// <summary>Full path of the temporary file.</summary>
    public string TemporaryPath { get; }

    /// <summary>Ends the writing: what was written is on disk, still under the temporary name.</summary>
    public void Complete()
    {
        if (_isComplete) return;
        _stream!.Flush(flushToDisk: true);
        _isComplete = true;
    }

    /// <summary>Makes the file visible under its name, in place of an earlier one.</summary>
    /// <exception cref="IOException">The file cannot be flushed or renamed.</exception>
    public void Commit()
    {
        Complete();
        using (LockFolder())
        {
            Close();
            File.Move(TemporaryPath, _path, overwrite: true);
        }

        _committed = true;
        FlushFolder(_folder);
    }

    /// <summary>Makes the file visible under its name unless there is a file already, which stays: then false.</summary>
    /// <exception cref="IOException">The file cannot be flushed or renamed.</exception>
    public bool TryCommitNew()
    {
        Complete();
        using (LockFolder())
        {
            Close();
            if (!TryRenameNew()) return false;
        }

        _committed = true;
        FlushFolder(_folder);
        return true;
    }

    /// <summary>Drops the file unless it was committed.</summary>
    public void Dispose()
    {
        try
        {
            Close();
        }
        catch (IOException) when (!_committed)
        {
            // What is still buffered does not fit on the disk; it is dropped all the same.
        }

        if (!_committed && Directory.Exists(_folder)) File.Delete(TemporaryPath);
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

    /// <summary>Tries again where another process, at its start, has just removed the folder because it was empty.</summary>
    private FileStream Begin()
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                _root.Make(_folder);
                using FolderLock? locked = LockFolder();
                DropLeftOver(TemporaryPath);
                return new(TemporaryPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
            }
            catch (DirectoryNotFoundException) when (tries < MostTries)
            {
            }
        }
    }

    // Readers lock what they read, so the file must be unlocked before it appears; in between, the folder's lock keeps it.
    private void Close()
    {
        FileStream? stream = _stream;
        _stream = null;
        stream?.Dispose();
    }

    private FolderLock? LockFolder() => _isFolderLocked ? null : FolderLock.Take(_folder, CancellationToken.None);

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
