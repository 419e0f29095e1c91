using System.Globalization;
using BatchSegmenter.Formats;
using BatchSegmenter.Geometry;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>
/// What a run may hold in memory, and how it is shared out. The budget is the whole process's: a fixed share is left to the runtime, the
/// network and the collector; the rest goes to inputs on their way and to tiles.
/// </summary>
/// <param name="Bytes">The budget.</param>
/// <param name="Classes">Classes of the bundle: each takes 4 bytes of a tile's point.</param>
/// <param name="Cores">Blocks that go through the network side by side.</param>
/// <param name="KeepsProbabilities">Whether labels hold a share for each class.</param>
internal sealed record MemoryBudget(long Bytes, int Classes = 3, int Cores = 2, bool KeepsProbabilities = false)
{
    // These five are sums over the arrays, checked against the collector's live bytes in runs over 4 and 10 million points (within a tenth).
    // Of a point: columns as decoded and as seen (30 each), its index, its places in lists of tiles.
    private const int PerHeldPoint = 96;

    // Of a point of a tile: columns (30, 6 more with colour), its index, its voxel.
    private const int PerTilePoint = 44;

    // Of a thinned point: channels (72, up to 36 more), tree (18) and, for a while, the sort that makes it or the grid and lists of blocks (24).
    private const int PerThinnedPoint = 120;

    private const int PerGroundCell = 28; // minima (12), a copy, the opening, its verdict, two surfaces: as GroundSurface builds them
    private const int PerWrittenPoint = 128; // of a row group: every column that can be asked for (40 to 110), and one encoded and compressed (16)
    private const int ReadAhead = 64 << 20; // runs of decoded points on their way to scratch files

    // Measured: VmHWM of runs over 100,000 points with the bundle that ships was 177, 207 and 272 MiB at 1, 2 and 8 cores.
    private const long OfProcess = 192L << 20, OfCore = 24L << 20;

    private long _collectedAt;

    /// <summary>Bytes that a run takes beside inputs and tiles.</summary>
    public long FixedShare => OfProcess + Cores * OfCore;

    /// <summary>Bytes for inputs on their way; one that would take more goes through scratch files.</summary>
    public long Clouds => Math.Max(1, Shared / 4);

    /// <summary>Bytes for tiles between partition and vote.</summary>
    public long Tiles => Math.Max(1, Shared - Clouds);

    // In a control group the collector allows itself three quarters of its memory: an eighth is left for what is over and not yet collected.
    private long Shared => Math.Max(Bytes / 4, Math.Min(Bytes - FixedShare, Bytes / 8 * 5));

    private int PerLabel => SpilledLabels.RecordBytes(Classes, KeepsProbabilities);

    /// <summary>Bytes of an input until it is written: its points, or, where it is not held, the buffers from and to scratch files.</summary>
    public long OfInput(long points) =>
        Holds(points) ? points * (PerHeldPoint + PerLabel) : Math.Min(Clouds, Math.Max(ReadAhead, OfWriting(points)));

    /// <summary>Bytes of an input held that has been cut into tiles: its labels, and what writing it takes.</summary>
    public long OfLabels(long points) => points * PerLabel + OfWriting(points);

    /// <summary>Bytes of surveying an input: its ground.</summary>
    public static long OfSurvey(PointCloudHeader header)
    {
        const int CellsPerPoint = 16; // cells are wider than points are apart; a survey with more gaps than that is rare
        double unit = header.Crs.HorizontalUnit;
        double cells = ((header.Max.X - header.Min.X) * unit + 2) * ((header.Max.Y - header.Min.Y) * unit + 2);
        long most = Math.Min(MinimumGrid.MostCells, CellsPerPoint * header.PointCount);
        return PerGroundCell * (cells >= 0 && cells < most ? (long)cells : most);
    }

    /// <summary>Bytes of a tile before it is known how far it thins.</summary>
    public long OfTile(long points) => OfTile(points, points);

    /// <summary>Bytes of a tile.</summary>
    public long OfTile(long points, long thinned) => points * PerTilePoint + thinned * (PerThinnedPoint + sizeof(float) * Classes);

    /// <summary>What to tell the user where a run over tiles of so many points may take more than the budget; null where it will not.</summary>
    /// <remarks>A tenth is added for what is over and not yet collected: 4 million points in one tile peaked at 906 MiB where this says 1002.</remarks>
    public string? Excess(int points)
    {
        long needed = (FixedShare + OfTile(points)) / 10 * 11;
        return needed <= Bytes ? null : string.Create(CultureInfo.InvariantCulture,
            $"limits.memory of {Text(Bytes)} may not be kept: the largest tile has {points} points, which take up to {Text(OfTile(points))}, and the run itself {Text(FixedShare)}; raise it to {Text(needed)}, or set a smaller tiles.edge or fewer limits.cores");
    }

    /// <summary>
    /// Gives the memory of what is over back to the system where the process would come near its budget: the collector by itself goes by what the
    /// machine has.
    /// </summary>
    /// <param name="upcoming">Bytes that are about to be taken.</param>
    public void Trim(long upcoming = 0)
    {
        const double Near = 0.6;
        long allocated = GC.GetTotalAllocatedBytes();
        if (allocated - Interlocked.Read(ref _collectedAt) < Bytes / 32 || Environment.WorkingSet + upcoming < Near * Bytes) return;
        Interlocked.Exchange(ref _collectedAt, allocated);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>The budget of a run: what it asks for, or half of the memory that the process may use.</summary>
    public static MemoryBudget Of(SegmentationOptions options, ModelDescription model) => new(
        options.Limits.Memory ?? Available() / 2, model.Classes.Count, options.Limits.Cores ?? Environment.ProcessorCount, options.Write.Points is { Probabilities: true } or { Entropy: true });

    /// <summary>Whether an input is held whole.</summary>
    public bool Holds(long points) => points <= int.MaxValue / 8 && points * (PerHeldPoint + PerLabel) <= Clouds;

    private static long OfWriting(long points) => Math.Min(points, PointDatasetWriter.RowsPerGroup) * PerWrittenPoint;

    private static string Text(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0} MiB");

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
