using System.Diagnostics;
using System.Globalization;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>
/// The most memory that the process has had resident. Linux can begin to count anew, so that each setup has its own figure; elsewhere it is the
/// largest since the process began.
/// </summary>
internal static class PeakMemory
{
    private const string ResetFile = "/proc/self/clear_refs", StatusFile = "/proc/self/status", Key = "VmHWM:";

    /// <summary>Begins to count anew, where the system can.</summary>
    public static void Reset()
    {
        // What earlier setups left to the collector is no need of this one.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            File.WriteAllText(ResetFile, "5");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Some containers forbid it: the figure is then that of the whole process.
        }
    }

    /// <summary>Bytes.</summary>
    public static long Read()
    {
        if (OperatingSystem.IsLinux() && File.ReadLines(StatusFile).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) is { } found)
            return 1024 * long.Parse(found[Key.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        using Process self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }
}
