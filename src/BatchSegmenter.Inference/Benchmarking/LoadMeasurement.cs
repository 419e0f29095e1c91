using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>How long a measurement goes on.</summary>
/// <param name="Time">At least so long, and at least one run of each worker.</param>
/// <param name="Runs">Exactly so many runs of each worker instead, at least 1; null for <paramref name="Time"/>.</param>
/// <param name="WarmUpRuns">Runs of each worker before, which do not count: the first ones wait for the system to hand out memory.</param>
public sealed record LoadPlan(TimeSpan Time, int? Runs = null, int WarmUpRuns = 3);

/// <summary>What workers did side by side.</summary>
/// <param name="Seconds">Of each run, wall clock.</param>
/// <param name="RunsPerSecond">Of all workers together: the sum of each one's own rate, so that one that ends later does not lower it.</param>
/// <param name="CpuSeconds">Of the whole process, while it was measured.</param>
/// <param name="AllocatedBytes">Managed memory, of the whole process.</param>
internal sealed record LoadMeasurement(IReadOnlyList<double> Seconds, double RunsPerSecond, double CpuSeconds, long AllocatedBytes)
{
    /// <summary>Runs something on several threads at once, again and again.</summary>
    /// <param name="workers">Threads, at least 1.</param>
    /// <param name="plan">How long.</param>
    /// <param name="run">Does one run of a worker; told the worker and the number of its run, both from 0.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static LoadMeasurement Take(int workers, LoadPlan plan, Action<int, int> run, CancellationToken cancellation = default)
    {
        List<long>[] ticks = [.. Enumerable.Range(0, workers).Select(_ => new List<long>(1 << 12))];
        ExceptionDispatchInfo? fault = null;
        (TimeSpan cpu, long allocated) = (default, 0);
        using Barrier start = new(workers, _ => (cpu, allocated) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true)));
        using Barrier end = new(workers, _ => (cpu, allocated) = (Environment.CpuUsage.TotalTime - cpu, GC.GetTotalAllocatedBytes(precise: true) - allocated));
        Thread[] threads = [.. Enumerable.Range(0, workers).Select(worker => new Thread(() => Work(worker)))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        cancellation.ThrowIfCancellationRequested();
        fault?.Throw();

        double second = Stopwatch.Frequency;
        return new LoadMeasurement(
            [.. ticks.SelectMany(own => own).Select(run => run / second)], ticks.Sum(own => own.Count / (own.Sum() / second)), cpu.TotalSeconds, allocated);

        void Work(int worker)
        {
            int number = 0;
            // A worker that failed goes on to the barriers, where the others wait for it.
            Try(() =>
            {
                for (; number < plan.WarmUpRuns && !cancellation.IsCancellationRequested; number++) run(worker, number);
            });
            start.SignalAndWait(CancellationToken.None);
            Try(() =>
            {
                List<long> own = ticks[worker];
                long begun = Stopwatch.GetTimestamp();
                while (!cancellation.IsCancellationRequested && (own.Count == 0 || (plan.Runs is { } runs ? own.Count < runs : Stopwatch.GetElapsedTime(begun) < plan.Time)))
                {
                    long before = Stopwatch.GetTimestamp();
                    run(worker, number++);
                    own.Add(Stopwatch.GetTimestamp() - before);
                }
            });
            end.SignalAndWait(CancellationToken.None);
        }

        void Try(Action part)
        {
            if (Volatile.Read(ref fault) is not null) return;
            try
            {
                part();
            }
            catch (Exception thrown)
            {
                Interlocked.CompareExchange(ref fault, ExceptionDispatchInfo.Capture(thrown), null);
            }
        }
    }

    /// <summary>Several measurements of the same as one; each counts for as much as it ran.</summary>
    /// <param name="parts">At least one.</param>
    public static LoadMeasurement Of(IReadOnlyList<LoadMeasurement> parts) => new(
        [.. parts.SelectMany(part => part.Seconds)], parts.Sum(part => part.Seconds.Count) / parts.Sum(part => part.Seconds.Count / part.RunsPerSecond),
        parts.Sum(part => part.CpuSeconds), parts.Sum(part => part.AllocatedBytes));
}
