using System.Collections.Concurrent;
using BatchSegmenter.Inference.Benchmarking;

namespace BatchSegmenter.Inference.Tests.Benchmarking;

public sealed class LoadMeasurementTests
{
    private static readonly LoadPlan FourRuns = new(TimeSpan.FromHours(1), Runs: 4, WarmUpRuns: 2);

    [Fact]
    public void Warm_up_runs_do_not_count_and_runs_are_numbered_on()
    {
        ConcurrentQueue<(int, int)> runs = [];
        LoadMeasurement measured = LoadMeasurement.Take(3, FourRuns, (worker, number) => runs.Enqueue((worker, number)));
        Assert.Equal(12, measured.Seconds.Count);
        Assert.Equal([.. from worker in Enumerable.Range(0, 3) from number in Enumerable.Range(0, 6) select (worker, number)], runs.Order());
    }

    [Fact]
    public void Allocations_of_the_warm_up_do_not_count()
    {
        LoadMeasurement measured = LoadMeasurement.Take(1, FourRuns, (_, number) => GC.KeepAlive(new byte[number < 2 ? 100_000_000 : 1_000_000]));
        Assert.InRange(measured.AllocatedBytes, 4_000_000, 50_000_000);
    }

    [Fact]
    public void Workers_run_side_by_side()
    {
        using Barrier both = new(2);
        LoadMeasurement.Take(2, FourRuns, (_, _) => Assert.True(both.SignalAndWait(TimeSpan.FromMinutes(1))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void The_fault_of_one_worker_ends_all(int failing)
    {
        InvalidOperationException fault = Assert.Throws<InvalidOperationException>(() => LoadMeasurement.Take(2, FourRuns, (worker, number) =>
        {
            if (worker == 1 && number == failing) throw new InvalidOperationException("broken");
        }));
        Assert.Equal("broken", fault.Message);
    }

    [Fact]
    public void Cancellation_ends_it_between_two_runs()
    {
        using CancellationTokenSource cancellation = new();
        Assert.Throws<OperationCanceledException>(() => LoadMeasurement.Take(
            2, new LoadPlan(TimeSpan.FromHours(1)), (_, number) =>
            {
                if (number == 5) cancellation.Cancel();
            },
            cancellation.Token));
    }

    [Fact]
    public void Rounds_count_for_as_much_as_they_ran()
    {
        LoadMeasurement all = LoadMeasurement.Of([new([1, 1], 1, 2, 10), new([3, 3, 3, 3], 1 / 3.0, 12, 20)]);
        Assert.Equal((6, 6 / 14.0, 14, 30), (all.Seconds.Count, all.RunsPerSecond, all.CpuSeconds, all.AllocatedBytes));
    }
}
