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
        _stream = new(TemporaryPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    }

    /// <summary>Where to write; seekable. Closed by <see cref="Complete"/> and <see cref="Commit"/>.</summary>
    public Stream Stream => _stream ?? throw new InvalidOperationException($"{_path} is complete.");

    /// <summary>Full path of the temporary file.</summary>
    public string TemporaryPath { get; }

    /// <summary>Writes a whole small file at once.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        using var file = new AtomicFile(path);
        write(file.Stream);
        file.Commit();
    }

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
