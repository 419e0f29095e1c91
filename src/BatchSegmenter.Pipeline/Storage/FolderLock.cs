using System.Runtime.InteropServices;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// Excludes other processes, and other threads of this one, from a folder's conditional writes for a moment. The system lifts it if the
/// process dies, and nothing of it remains. Where a file system locks no folders (some network shares), creation is still exclusive,
/// since it rests on a hard link; replacement then is exclusive on one machine only by the run lock.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private const int Exclusive = 2;

    private readonly int _handle = -1;
    private readonly FileStream? _file;

    private FolderLock(int handle) => _handle = handle;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Waits for the lock and takes it.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public static FolderLock Take(string folder, CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows()) return new(TakeFile(Path.Combine(folder, ".lock"), cancellation));
        int handle = Open(folder, 0);
        if (handle >= 0) _ = Lock(handle, Exclusive);
        return new(handle);
    }

    public void Dispose()
    {
        _file?.Dispose();
        if (_handle >= 0) _ = Close(_handle);
    }

    // Windows has no locks on folders, but deletes an open file for good and refuses to open one that is about to go.
    private static FileStream TakeFile(string path, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException && File.Exists(path))
            {
                Thread.Sleep(5);
            }
        }
    }

    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "flock")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Lock(int handle, int operation);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
