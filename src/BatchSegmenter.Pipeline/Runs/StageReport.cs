using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>How one stage of a run spent its time.</summary>
/// <param name="Name">The stage.</param>
/// <param name="Items">Items that went through.</param>
/// <param name="Workers">Items that it works on at once, at most.</param>
/// <param name="BusySeconds">Seconds of work, added over workers. Where more work than cores is at hand, waiting for a core counts as work.</param>
/// <param name="BusyShare">The share of the run's time that its workers were busy, 0–1.</param>
/// <param name="WaitingSeconds">Seconds that its workers had nothing to do, added over workers.</param>
/// <param name="MeanQueue">Items that waited for it, on average.</param>
/// <param name="MostQueued">The most items that waited for it.</param>
public sealed record StageReport(string Name, long Items, int Workers, double BusySeconds, double BusyShare, double WaitingSeconds, double MeanQueue, int MostQueued)
{
    /// <summary>What a meter shows after so many seconds of wall time.</summary>
    public static StageReport Of(StageMeter meter, double seconds)
    {
        double all = Math.Max(1e-9, seconds * meter.Workers);
        return new(
            meter.Name, meter.Items, meter.Workers, Math.Round(meter.BusySeconds, 3), Math.Round(Math.Min(1, meter.BusySeconds / all), 4),
            Math.Round(Math.Max(0, all - meter.BusySeconds), 3), Math.Round(meter.MeanQueue, 2), meter.MostQueued);
    }
}
