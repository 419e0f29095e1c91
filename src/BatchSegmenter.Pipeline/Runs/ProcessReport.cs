using System.Diagnostics;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>What the process took since it began.</summary>
/// <param name="CpuSeconds">Seconds of all its threads.</param>
/// <param name="CoresUsed">Cores that were at work on average over the run: near the number of cores where none was left waiting.</param>
/// <param name="CollectionSeconds">Seconds that the program stood still for the garbage collector.</param>
/// <param name="CollectionShare">Their share of the run's wall time, 0–1.</param>
/// <param name="AllocatedBytes">Bytes that managed code asked for.</param>
/// <param name="AllocatedBytesPerPoint">The same for each point labelled; 0 without points.</param>
public sealed record ProcessReport(double CpuSeconds, double CoresUsed, double CollectionSeconds, double CollectionShare, long AllocatedBytes, double AllocatedBytesPerPoint)
{
    /// <summary>As of now.</summary>
    /// <param name="seconds">Wall time of the run.</param>
    /// <param name="points">Points labelled.</param>
    public static ProcessReport Now(double seconds, long points)
    {
        double all = Math.Max(1e-9, seconds);
        using Process self = System.Diagnostics.Process.GetCurrentProcess();
        double cpu = self.TotalProcessorTime.TotalSeconds, paused = GC.GetTotalPauseDuration().TotalSeconds;
        long allocated = GC.GetTotalAllocatedBytes();
        return new(Math.Round(cpu, 3), Math.Round(cpu / all, 3), Math.Round(paused, 3), Math.Round(paused / all, 4), allocated, points == 0 ? 0 : Math.Round((double)allocated / points, 1));
    }
}
