using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Tests.Stages;

public sealed class CloudWorkTests
{
    private readonly CloudWork _cloud = new(new SegmentationInput("/a.las", "a"), 3);
    private readonly StageMeter _read = new("read"), _infer = new("infer");

    [Fact]
    public async Task After_a_fault_the_later_stages_leave_the_input_alone()
    {
        IOException cause = new("gone");
        _cloud.Attempt(_read, () => throw cause);
        _cloud.Attempt(_infer, () => throw new InvalidOperationException("must not run"));
        await _cloud.AttemptAsync(_infer, () => throw new InvalidOperationException("must not run"));

        Assert.Equal(("read", "gone"), (_cloud.Fault!.Stage, _cloud.Fault.Message));
        Assert.Same(cause, _cloud.Fault.InnerException);
        Assert.Equal((1L, 0L), (_read.Items, _infer.Items));
    }

    [Fact]
    public async Task A_fault_after_waiting_counts_as_well()
    {
        await _cloud.AttemptAsync(_infer, async () =>
        {
            await Task.Yield();
            throw new IOException("later");
        });

        Assert.Equal("infer", _cloud.Fault!.Stage);
    }

    [Fact]
    public async Task What_stops_the_run_is_no_fault_of_the_input()
    {
        Assert.Throws<OperationCanceledException>(() => _cloud.Attempt(_read, () => throw new OperationCanceledException()));
        Assert.Throws<RunStoppedException>(() => _cloud.Attempt(_read, () => throw new RunStoppedException("full", new IOException())));
        await Assert.ThrowsAsync<RunStoppedException>(() => _cloud.AttemptAsync(_read, () => throw new RunStoppedException("full", new IOException())));

        Assert.Null(_cloud.Fault);
    }

    [Fact]
    public void Of_faults_at_the_same_time_one_is_kept()
    {
        using Barrier together = new(2);
        Parallel.Invoke(() => Fail(_read), () => Fail(_infer));

        StageFaultException kept = _cloud.Fault!;
        Assert.Equal($"at {kept.Stage}", kept.Message);

        void Fail(StageMeter meter) => _cloud.Attempt(meter, () =>
        {
            together.SignalAndWait();
            throw new IOException($"at {meter.Name}");
        });
    }

    public static TheoryData<Exception, bool> Causes => new()
    {
        { new InvalidPointCloudException("a.las", 3, "damaged"), true },
        { new UnsupportedPointCloudException("a.las", 3, "too new"), true },
        { new FileNotFoundException(), true },
        { new UnauthorizedAccessException(), true },
        { new InputRefusedException("degrees"), true },
        { new IndexOutOfRangeException(), false },
        { new OutOfMemoryException(), false },
    };

    [Theory]
    [MemberData(nameof(Causes), DisableDiscoveryEnumeration = true)]
    public void Bad_inputs_are_told_from_faults_of_the_program(Exception cause, bool isBadInput) => Assert.Equal(isBadInput, new StageFaultException("read", cause).IsBadInput);
}
