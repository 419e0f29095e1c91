using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Tests.Stages;

public sealed class StageMeterTests
{
    [Fact]
    public async Task It_adds_up_the_work_of_all_threads_that_of_failures_too()
    {
        StageMeter meter = new("read");
        Assert.Equal(("read", 0L, 0.0), (meter.Name, meter.Items, meter.BusySeconds));

        Parallel.For(0, 4, _ => meter.Measure(() => Thread.Sleep(20)));
        await meter.MeasureAsync(() => Task.Delay(20));
        Assert.Throws<IOException>(() => meter.Measure(() => throw new IOException()));
        await Assert.ThrowsAsync<IOException>(() => meter.MeasureAsync(() => throw new IOException()));

        Assert.Equal(7, meter.Items);
        Assert.Equal((0, 0.0, 0), (meter.Queue, meter.MeanQueue, meter.MostQueued));
        foreach (int waiting in (ReadOnlySpan<int>)[1, 5, 0]) meter.Look(waiting);
        Assert.Equal((0, 2.0, 5), (meter.Queue, meter.MeanQueue, meter.MostQueued));
        Assert.True(meter.BusySeconds >= 5 * 0.015, $"{meter.BusySeconds} s");
    }
}
