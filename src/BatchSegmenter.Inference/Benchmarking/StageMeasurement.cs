namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>How fast one stage is.</summary>
/// <param name="Seconds">Of one run over a batch, wall clock: latency.</param>
/// <param name="BlocksPerSecond">Of all sessions together.</param>
/// <param name="PointsPerSecond">Of all sessions together.</param>
/// <param name="CpuSecondsPerBlock">Processor time of the whole process, which other programs on the machine disturb less than wall clock.</param>
/// <param name="AllocatedBytesPerBlock">Managed memory that the collector must take back.</param>
public sealed record StageMeasurement(SampleSummary Seconds, double BlocksPerSecond, double PointsPerSecond, double CpuSecondsPerBlock, long AllocatedBytesPerBlock)
{
    internal static StageMeasurement Of(IReadOnlyList<LoadMeasurement> rounds, int blocksPerRun, double pointsPerBlock)
    {
        LoadMeasurement all = LoadMeasurement.Of(rounds);
        double blocks = (double)all.Seconds.Count * blocksPerRun, rate = all.RunsPerSecond * blocksPerRun;
        return new StageMeasurement(SampleSummary.Of(all.Seconds), rate, rate * pointsPerBlock, all.CpuSeconds / blocks, (long)(all.AllocatedBytes / blocks));
    }
}

/// <summary>
/// How near the network comes to what the machine can do. Rates are multiply-adds per second of all sessions together, by the median (two
/// floating point operations each); shares likewise.
/// </summary>
/// <param name="MultiplyAddsPerBlock">Executed by matrix products and convolutions.</param>
/// <param name="NetworkRate">What the network stage reaches, everything in it counted as time and only its products as work.</param>
/// <param name="ProductsRate">The same products alone, in float32.</param>
/// <param name="SquareRate">A square product of <see cref="ModelBenchmark.SquareEdge"/> rows and columns, in float32.</param>
/// <param name="Share"><paramref name="NetworkRate"/> ÷ <paramref name="ProductsRate"/>.</param>
/// <param name="ShareOfSquare"><paramref name="NetworkRate"/> ÷ <paramref name="SquareRate"/>.</param>
/// <param name="LeastShare">The share by the least times instead of the medians: of the moments in which nothing disturbed either.</param>
/// <param name="CpuShare">The share by processor seconds: on a machine that is busy otherwise, the one to trust.</param>
public sealed record PeakShare(
    double MultiplyAddsPerBlock, double NetworkRate, double ProductsRate, double SquareRate, double Share, double ShareOfSquare, double LeastShare, double CpuShare);

/// <summary>What was measured of one setup.</summary>
/// <param name="Bundle">Folder of the bundle.</param>
/// <param name="Precision">Its arithmetic, of <see cref="NetworkPrecision.Names"/>.</param>
/// <param name="Setup">How it was run.</param>
/// <param name="Neighbourhoods">Samples, neighbours and interpolation alone; null where the network computes them itself.</param>
/// <param name="Network">Stacking and the session's run alone.</param>
/// <param name="Together">Both, one after the other on the same thread.</param>
/// <param name="PeakMemoryBytes">The most resident in the process; blocks of all stages included.</param>
/// <param name="Peak">Null where it was not asked for, or the provider is not the processor.</param>
public sealed record SetupMeasurement(
    string Bundle, string Precision, InferenceSetup Setup, StageMeasurement? Neighbourhoods, StageMeasurement Network, StageMeasurement Together, long PeakMemoryBytes, PeakShare? Peak);

/// <summary>A setup that could not be measured here.</summary>
/// <param name="Bundle">Folder of the bundle.</param>
/// <param name="Provider">The provider wished for.</param>
/// <param name="Reason">Why.</param>
public sealed record SkippedSetup(string Bundle, string Provider, string Reason);
