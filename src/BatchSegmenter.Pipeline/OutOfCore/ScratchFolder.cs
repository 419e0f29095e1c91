using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>
/// Where one run keeps its scratch files: a folder of its own, <c>batchsegmenter-PID-START-NUMBER</c>, made when it is first needed and
/// removed with the run. What killed processes left behind is removed when the next run begins: theirs are folders that no running
/// process has the name of, and whose lock nobody holds.
/// </summary>
internal sealed class ScratchFolder : IDisposable
{
    private const string Prefix = "batchsegmenter-";
    private const string LockName = ".lock";
    private static int s_number;

    private readonly string _root;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<ScratchFile, byte> _open = new();
    private FileStream? _held;
    private string? _folder;
    private int _files;

    /// <param name="root">Full path of the folder below which to work; null takes the system's folder for temporary files.</param>
    public ScratchFolder(string? root)
    {
        _root = RootOf(root);
        RemoveAbandoned(_root);
    }

    /// <summary>Makes an empty file.</summary>
    /// <exception cref="RunStoppedException">The folder cannot be written.</exception>
    public ScratchFile Create(string name)
    {
        try
        {
            string path = Path.Combine(Folder(), string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref _files)}-{name}"));
            ScratchFile file = new(path, closed => _open.TryRemove(closed, out _));
            _open[file] = 0;
            return file;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RunStoppedException($"{_root}: no scratch file can be made: {fault.Message} (limits.scratch names another folder)", fault);
        }
    }

    /// <summary>Refuses an input whose scratch files would not fit on the disk.</summary>
    /// <param name="needed">Bytes.</param>
    /// <param name="points">Points of the input, for the message.</param>
    /// <exception cref="InputRefusedException">There is less room.</exception>
    public void Require(long needed, long points)
    {
        if (Shortage(_root, needed, points) is { } problem) throw new InputRefusedException(problem);
    }

    /// <summary>Why an input's scratch files do not fit on the disk of <paramref name="root"/>; null where they do.</summary>
    internal static string? Shortage(string root, long needed, long points)
    {
        long free = FreeBytes(root);
        return needed <= free ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"its {points} points do not fit into limits.memory and need {Text(needed)} of scratch, but {root} has {Text(free)} free: free some, name a folder on a larger disk (limits.scratch), or raise limits.memory");
    }

    /// <summary>Where scratch files go: the folder that the options name, or the system's for temporary files.</summary>
    internal static string RootOf(string? named) => named ?? Path.TrimEndingDirectorySeparator(Path.GetTempPath());

    /// <summary>Bytes that the disk of a folder, which need not exist yet, has free.</summary>
    internal static long FreeBytes(string folder)
    {
        string? existing = folder;
        while (existing is not null && !Directory.Exists(existing)) existing = Path.GetDirectoryName(existing);
        return new DriveInfo(existing ?? folder).AvailableFreeSpace;
    }

    /// <summary>Closes and removes every file, and the folder.</summary>
    public void Dispose()
    {
        foreach (ScratchFile file in _open.Keys) file.Dispose();
        lock (_gate)
        {
            _held?.Dispose();
            _held = null;
            if (_folder is not null) Remove(_folder);
            _folder = null;
        }
    }

    /// <summary>Removes the folders of processes that are gone.</summary>
    internal static void RemoveAbandoned(string root)
    {
        try
        {
            if (!Directory.Exists(root)) return;
            foreach (string folder in Directory.EnumerateDirectories(root, Prefix + "*"))
                if (!IsOfRunningProcess(Path.GetFileName(folder)) && !IsLocked(folder)) Remove(folder);

            // Files of blobs lose their name as soon as they are open, so one that has it still is not needed under it.
            foreach (string file in Directory.EnumerateFiles(root, Prefix + "*.tmp"))
                if (Guid.TryParseExact(Path.GetFileNameWithoutExtension(file)[Prefix.Length..], "N", out _)) Remove(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // What cannot be listed cannot be cleaned, and may not even be ours; the run itself will tell if it cannot write here.
        }
    }

    /// <summary>The folder, made if need be.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public string Folder()
    {
        lock (_gate)
        {
            if (_folder is not null) return _folder;
            using Process self = Process.GetCurrentProcess();
            string folder = Path.Combine(_root, NameOf(self.Id, StartOf(self), Interlocked.Increment(ref s_number)));
            Directory.CreateDirectory(folder);
            _held = new FileStream(Path.Combine(folder, LockName), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
            return _folder = folder;
        }
    }

    /// <summary>The name of a process's folder.</summary>
    internal static string NameOf(int process, long start, int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{process}-{start}-{number}");

    /// <summary>When a process was started, seconds since 1970.</summary>
    internal static long StartOf(Process process) => new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeSeconds();

    private static bool IsOfRunningProcess(string name)
    {
        string[] parts = name.Split('-');
        if (parts.Length != 4 || !int.TryParse(parts[1], out int id) || !long.TryParse(parts[2], out long start)) return true; // not ours to remove
        try
        {
            using Process process = Process.GetProcessById(id);
            return Math.Abs(StartOf(process) - start) <= 2; // derived from the boot time, which is corrected now and then
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception fault) when (fault is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return fault is not InvalidOperationException; // it has just ended, or is another user's
        }
    }

    // A process in another container may share the folder but not the numbers of processes: its lock tells that it lives.
    private static bool IsLocked(string folder)
    {
        try
        {
            string path = Path.Combine(folder, LockName);
            if (!File.Exists(path)) return false;
            using FileStream held = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static void Remove(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Another run removes it at the same time, or the next one will.
        }
    }

    private static string Text(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.0} GiB");
}
