using System.Globalization;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>
/// What a run may hold in memory, and how it is shared out. The budget is the whole process's: a fixed share is left to the runtime, the
/// network's arenas and the writers' row groups; the rest goes to inputs held whole and to tiles.
/// </summary>
/// <param name="Bytes">The budget.</param>
internal sealed record MemoryBudget(long Bytes)
{
    /// <summary>Bytes of a point of an input held whole: its columns twice (as read, as seen), its place in a tile, its label.</summary>
    public const int PerHeldPoint = 96;

    /// <summary>Bytes of a point of a tile: its columns, its channels, votes, and the index over them.</summary>
    public const int PerTilePoint = 224;

    private const long FixedShare = 384L << 20; // measured: runtime, session and writers of a run over small inputs

    private long _collectedAt;

    private long Shared => Math.Max(Bytes / 4, Bytes - FixedShare);

    /// <summary>Bytes for inputs held whole; a larger one goes through scratch files.</summary>
    public long Clouds => Math.Max(1, Shared / 4);

    /// <summary>Bytes for tiles between partition and vote.</summary>
    public long Tiles => Math.Max(1, Shared - Clouds);

    /// <summary>Bytes that an input may hold while it is read: its points, or the buffers on their way to scratch files.</summary>
    public long OfInput(long points) => Holds(points) ? points * PerHeldPoint : Math.Min(Clouds, 64L << 20);

    /// <summary>
    /// Gives the memory of earlier tiles back to the system when the process comes near its budget: the collector by itself goes by what the
    /// machine has.
    /// </summary>
    public void Trim()
    {
        const double Near = 0.6;
        long allocated = GC.GetTotalAllocatedBytes();
        if (Environment.WorkingSet < Near * Bytes || allocated - Interlocked.Read(ref _collectedAt) < Bytes / 16) return;
        Interlocked.Exchange(ref _collectedAt, allocated);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>The budget asked for, or half of the memory that the process may use.</summary>
    public static MemoryBudget Of(long? asked) => new(asked ?? Available() / 2);

    /// <summary>Whether an input is held whole.</summary>
    public bool Holds(long points) => points <= int.MaxValue / 8 && points * PerHeldPoint <= Clouds;

    /// <summary>Memory that the process may use: the machine's, or less where its control group says so.</summary>
    internal static long Available(string root = "/")
    {
        long machine = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        string meminfo = Path.Combine(root, "proc/meminfo");
        try
        {
            if (File.Exists(meminfo) && File.ReadLines(meminfo).FirstOrDefault(line => line.StartsWith("MemTotal:", StringComparison.Ordinal)) is { } total
                && long.TryParse(total.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture, out long kibibytes))
                machine = kibibytes << 10;
            return ControlGroupLimits(root).Append(machine).Min();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or IndexOutOfRangeException)
        {
            return machine;
        }
    }

    /// <summary>The limits of the process's control group and of those around it, of both versions.</summary>
    private static IEnumerable<long> ControlGroupLimits(string root)
    {
        string groups = Path.Combine(root, "proc/self/cgroup");
        if (!File.Exists(groups)) yield break;
        foreach (string line in File.ReadLines(groups))
        {
            // "0::/path" in version 2, "7:memory:/path" in version 1.
            string[] parts = line.Split(':', 3);
            if (parts.Length < 3 || (parts[1].Length > 0 && !parts[1].Split(',').Contains("memory"))) continue;
            bool isFirstVersion = parts[1].Length > 0;
            string mount = Path.Combine(root, isFirstVersion ? "sys/fs/cgroup/memory" : "sys/fs/cgroup");
            for (string path = parts[2].Trim('/'); ; path = path.Contains('/') ? path[..path.LastIndexOf('/')] : "")
            {
                string limit = Path.Combine(mount, path, isFirstVersion ? "memory.limit_in_bytes" : "memory.max");
                if (File.Exists(limit) && long.TryParse(File.ReadAllText(limit).Trim(), CultureInfo.InvariantCulture, out long bytes)) yield return bytes;
                if (path.Length == 0) break;
            }
        }
    }
}
