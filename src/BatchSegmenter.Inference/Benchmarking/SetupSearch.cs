using System.Diagnostics;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>
/// Finds the fastest way of running a network on the processor by trying some: first how many cores are one run's and how many runs go side by
/// side, then how many blocks a run takes. Neighbourhoods are computed in between, as in a run of the program. Takes a second or two.
/// </summary>
/// <param name="bundle">The network.</param>
/// <param name="cores">Cores that may be used, at least 1.</param>
public sealed class SetupSearch(ModelBundle bundle, int cores)
{
    /// <summary>By how much a setup must be faster than one that was tried before, or it is chance.</summary>
    private const double Margin = 1.05;

    /// <summary>The share of a core that a thread has where nothing else runs, at least.</summary>
    public const double Undisturbed = 0.85;

    private const int DifferentBlocks = 4;
    private static readonly int[] SomeThreads = [1, 2, 4], SomeBatches = [1, 2, 4];

    /// <summary>Sessions side by side; null tries.</summary>
    public int? Sessions { get; init; }

    /// <summary>Threads within a run; null tries.</summary>
    public int? Threads { get; init; }

    /// <summary>Blocks of a run; null tries.</summary>
    public int? BlocksPerBatch { get; init; }

    /// <summary>How long each way is run in each of two rounds.</summary>
    public LoadPlan Load { get; init; } = new(TimeSpan.FromSeconds(0.1), WarmUpRuns: 1);

    /// <summary>When to be content with what was tried: a large network must not hold up its run.</summary>
    public TimeSpan Most { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The share of a core that each session must have had: on a machine that is busy otherwise, times tell nothing, and what they told would be remembered.
    /// </summary>
    public double LeastCoreShare { get; init; } = Undisturbed;

    /// <summary>The setup to take where nothing is measured: a core for each run, a block at a time.</summary>
    public InferenceSetup Standard => Setup(Threads ?? 1, BlocksPerBatch ?? 1);

    /// <summary>The setups that are compared, apart from their blocks.</summary>
    internal IReadOnlyList<InferenceSetup> Shares =>
        Threads is not null || Sessions is not null ? [Standard] : [.. SomeThreads.Append(Math.Min(cores, 8)).Where(threads => threads <= cores).Distinct().Select(threads => Setup(threads, BlocksPerBatch ?? 1))];

    /// <summary>Tries.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The fastest setup, and its points per second; null where the machine was too busy to tell.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public (InferenceSetup Setup, double PointsPerSecond)? Fastest(CancellationToken cancellation = default)
    {
        long started = Stopwatch.GetTimestamp();
        using ModelBenchmark benchmark = new(
            bundle, BenchmarkBlocks.MadeUp(bundle.Description.Architecture, DifferentBlocks, bundle.Description.Input.Block.Points, seed: 1), new BenchmarkPlan { Load = Load });
        Dictionary<InferenceSetup, double> rates = [];
        double share = 0;
        InferenceSetup best = Best(Shares);
        // What is compared with must not have been disturbed; what is compared would only lose by it. Runs of several threads do not keep them all at work.
        if (Shares[0].Threads == 1 && share < LeastCoreShare) return null;
        if (BlocksPerBatch is null && bundle is { MayBatch: true, Points: null }) best = Best([best, .. SomeBatches.Skip(1).Select(blocks => best with { BlocksPerBatch = blocks })]);
        return (best, rates[best]);

        InferenceSetup Best(IReadOnlyList<InferenceSetup> some)
        {
            for (int round = 0; round < 2; round++)
                foreach (InferenceSetup setup in some)
                {
                    // The first is measured in any case, so that there is one.
                    if (rates.Count > 0 && Stopwatch.GetElapsedTime(started) > Most) continue;
                    (double rate, double coreShare) = benchmark.Together(setup, cancellation);
                    rates[setup] = Math.Max(rates.GetValueOrDefault(setup), rate);
                    if (setup == Shares[0]) share = Math.Max(share, coreShare);
                }

            InferenceSetup fastest = some[0];
            foreach (InferenceSetup setup in some.Skip(1))
                if (rates.GetValueOrDefault(setup) > Margin * rates[fastest]) fastest = setup;
            return fastest;
        }
    }

    private InferenceSetup Setup(int threads, int blocks) =>
        new(ExecutionProvider.Cpu, threads, Math.Min(Sessions ?? int.MaxValue, Math.Max(1, cores / threads)), bundle.MayBatch ? blocks : 1);
}
