using System.Runtime.InteropServices;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// The folder that a local store lies in. It is made once, by the first write, and never again: one that vanishes was removed, or its disk unmounted, and what
/// would be written into a new one, nobody would find.
/// </summary>
/// <param name="path">Full path.</param>
internal sealed class RootFolder(string path)
{
    private const int NoSuchEntryOnUnix = 2, NoAccessOnUnix = 13, ExistsOnUnix = 17;
    private const uint AnyMode = 0x1FF; // rwxrwxrwx, less what the process's mask takes away
    private static readonly int s_tooLongOnUnix = OperatingSystem.IsMacOS() ? 63 : 36;

    private volatile bool _wasMade;

    /// <summary>Makes a folder below the root, and those in between.</summary>
    /// <param name="folder">Full path of a folder below, or of the root itself.</param>
    /// <exception cref="DirectoryNotFoundException">The root is gone, or one in between has just been removed.</exception>
    /// <exception cref="PathTooLongException">A name is longer than the file system has them.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    public void Make(string folder)
    {
        if (!_wasMade)
        {
            Directory.CreateDirectory(path);
            _wasMade = true;
        }

        if (!Directory.Exists(path)) throw Gone();
        if (folder == path || Directory.Exists(folder)) return;
        string made = path;
        foreach (string part in Path.GetRelativePath(path, folder).Split(Path.DirectorySeparatorChar)) MakeOne(made = Path.Combine(made, part));
    }

    /// <summary>.NET would make the folders above, too, the root among them; Windows moves no folder away that files are open in.</summary>
    private void MakeOne(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        if (MakeDirectory(folder, AnyMode) == 0) return;
        int error = Marshal.GetLastPInvokeError();
        if (error == ExistsOnUnix && !File.Exists(folder)) return;
        if (error == s_tooLongOnUnix) throw new PathTooLongException($"{folder}: the name is too long");
        throw error switch
        {
            NoSuchEntryOnUnix => Gone(),
            NoAccessOnUnix => new UnauthorizedAccessException($"{folder}: the folder cannot be made: access is denied"),
            _ => new IOException($"{folder}: the folder cannot be made: {Marshal.GetPInvokeErrorMessage(error)}", error),
        };
    }

    private DirectoryNotFoundException Gone() => new($"{path}: the folder is gone");

    [DllImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MakeDirectory([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
