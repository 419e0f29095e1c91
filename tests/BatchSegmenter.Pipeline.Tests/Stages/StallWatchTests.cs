using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Tests.Stages;

public sealed class StallWatchTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.3), Long = TimeSpan.FromMinutes(5);

    private readonly StageMeter _meter = new("infer");

    [Fact]
    public async Task Work_without_progress_is_told_to_end_and_fails_its_input()
    {
        await using StallWatch watch = new(Short, Long);
        using CloudWork cloud = Cloud("a");
        watch.Add(cloud);

        await cloud.AttemptAsync(_meter, () => Task.Delay(Timeout.Infinite, cloud.Cancellation)).WaitAsync(Long);

        Assert.IsType<TimeoutException>(cloud.Fault!.InnerException);
        Assert.Equal("infer", cloud.Fault.Stage);
        Assert.True(cloud.Fault.IsTransient);
        Assert.False(watch.Hung.IsCompleted);
    }

    [Fact]
    public async Task Progress_and_waiting_for_a_turn_are_no_stalls()
    {
        await using StallWatch watch = new(TimeSpan.FromSeconds(2), Long);
        using CloudWork busy = Cloud("busy"), waiting = Cloud("waiting");
        watch.Add(busy);
        watch.Add(waiting);

        await busy.AttemptAsync(_meter, async () =>
        {
            for (int i = 0; i < 12; i++)
            {
                await Task.Delay(250);
                busy.Progressed();
            }
        });

        Assert.Null(busy.Fault);
        Assert.Null(waiting.Fault);
    }

    [Fact]
    public async Task Work_that_does_not_end_after_the_grace_is_told_as_hung()
    {
        await using StallWatch watch = new(Short, Short);
        using CloudWork cloud = Cloud("a");
        using ManualResetEventSlim release = new();
        watch.Add(cloud);
        Task deaf = Task.Run(() => cloud.Attempt(_meter, release.Wait));

        RunStoppedException fault = await watch.Hung.WaitAsync(Long);
        release.Set();
        await deaf;

        Assert.Contains("/a.las: infer does not end", fault.Message);
        Assert.IsType<TimeoutException>(Assert.IsType<StageFaultException>(fault.InnerException).InnerException);
    }

    [Fact]
    public async Task An_input_that_hangs_is_tried_again_given_up_and_the_others_go_on()
    {
        SegmentationInput[] inputs = [Input("a"), Input("b"), Input("c")];
        RunProgress progress = new(inputs);
        int tries = 0;
        ActionBlock<CloudWork> stage = new(async cloud =>
        {
            if (cloud.Ordinal == 1) Interlocked.Increment(ref tries);
            await cloud.AttemptAsync(_meter, () => cloud.Ordinal == 1 ? Task.Delay(Timeout.Infinite, cloud.Cancellation) : Task.CompletedTask);
            cloud.Finish(new InputOutcome(cloud.Ordinal, new InputSummary(cloud.Input.Path, cloud.Input.Source, cloud.Fault is null ? InputStatus.Done : InputStatus.Failed) { Error = cloud.Fault?.Message }, cloud.Fault));
        });
        SegmentationOptions options = new() { Inputs = [], Model = "m", Output = "o", Faults = new FaultOptions { Attempts = 2, Timeout = Short } };
        using CancellationTokenSource stop = new();
        await using StallWatch watch = new(Short, Long);

        await new InputFeed(stage, watch, options, progress, journal: null).RunAsync(inputs, 4, stop).WaitAsync(Long);

        Assert.Equal(2, tries);
        Assert.Equal([InputStatus.Done, InputStatus.Failed, InputStatus.Done], progress.Outcome().Inputs.Select(input => input.Status));
        Assert.Contains("faults.timeout", progress.Outcome().Inputs[1].Error);
        Assert.False(stop.IsCancellationRequested);
    }

    private static CloudWork Cloud(string name) => new(Input(name), 0);

    private static SegmentationInput Input(string name) => new($"/{name}.las", name) { Bytes = 1 };
}
