using System.Diagnostics;

namespace BatchSegmenter.Benchmarks;

/// <summary>
/// Compares ways of writing the same thing on a machine that others use as well: by turns, so that a slow minute strikes all, and by the process's
/// CPU time, which waiting for a core does not add to.
/// </summary>
internal static class Interleaved
{
    private const int Warmups = 16; // until the compiler has settled

    /// <summary>Runs each way in turn, the first rounds unmeasured, and prints the medians.</summary>
    /// <param name="runs">Measured rounds.</param>
    /// <param name="rows">Rows that each run writes.</param>
    /// <param name="ways">Names, and what to run; each returns the bytes written. The first is what the others are compared with.</param>
    public static void Compare(int runs, long rows, params (string Name, Func<long> Run)[] ways)
    {
        var seconds = new (double Cpu, double Wall)[ways.Length, runs];
        long[] bytes = new long[ways.Length], allocated = new long[ways.Length];
        for (int run = -Warmups; run < runs; run++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                GC.Collect();
                long before = GC.GetTotalAllocatedBytes(precise: true);
                TimeSpan cpu = Environment.CpuUsage.TotalTime;
                long start = Stopwatch.GetTimestamp();
                bytes[way] = ways[way].Run();
                if (run >= 0) seconds[way, run] = ((Environment.CpuUsage.TotalTime - cpu).TotalSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds);
                allocated[way] = GC.GetTotalAllocatedBytes(precise: true) - before;
            }
        }

        double baseline = 0;
        for (int way = 0; way < ways.Length; way++)
        {
            double[] cpu = [.. Enumerable.Range(0, runs).Select(run => seconds[way, run].Cpu).Order()];
            double[] wall = [.. Enumerable.Range(0, runs).Select(run => seconds[way, run].Wall).Order()];
            double median = cpu[runs / 2];
            if (way == 0) baseline = median;
            Console.WriteLine(
                $"  {ways[way].Name,-24} cpu {median:0.000} s (quartiles {cpu[runs / 4]:0.000} {cpu[runs * 3 / 4]:0.000}), wall {wall[runs / 2]:0.000} s, "
                + $"{rows / median / 1e6:0.00} M rows/s, {bytes[way]} bytes, {(double)allocated[way] / rows:0.00} allocated per row, {median / baseline:0.00} of {ways[0].Name}'s time");
        }
    }
}
