using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Storage;
using Polly;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class BackoffTests
{
    private const int NoSpaceOnUnix = 28, QuotaOnUnix = 122, DiskFullOnWindows = unchecked((int)0x80070070);

    private readonly List<string> _told = [];

    public static TheoryData<Exception, bool> Causes => new()
    {
        { new IOException("the connection was reset"), true },
        { new FileNotFoundException("gone for a moment"), true },
        { new TimeoutException("no progress"), true },
        { new OutOfMemoryException(), true },
        { new InvalidPointCloudException("a.las", 3, "damaged"), false },
        { new InputRefusedException("degrees"), false },
        { new UnauthorizedAccessException(), false },
        { new ObjectChangedException("a.las", "1", null), false },
        { new IndexOutOfRangeException(), false },
    };

    [Theory]
    [MemberData(nameof(Causes), DisableDiscoveryEnumeration = true)]
    public async Task An_input_is_tried_again_only_if_its_fault_may_pass(Exception cause, bool again)
    {
        int attempts = 0;

        InputOutcome outcome = await Backoff.OfInputs(new FaultOptions { Attempts = 2 }, Tell).ExecuteAsync(_ => ValueTask.FromResult(++attempts == 1 ? Failed(cause) : Done()));

        Assert.Equal((again ? 2 : 1, again), (attempts, outcome.Fault is null));
        Assert.Equal(again ? 1 : 0, _told.Count);
        if (again) Assert.Contains("attempt 1 of 2 failed in stage read, the next follows in ", _told[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Attempts_are_bounded(int most)
    {
        int attempts = 0;

        InputOutcome outcome = await Backoff.OfInputs(new FaultOptions { Attempts = most }, Tell).ExecuteAsync(_ =>
        {
            attempts++;
            return ValueTask.FromResult(Failed(new IOException("still gone")));
        });

        Assert.Equal(most, attempts);
        Assert.Equal("still gone", outcome.Fault!.Message);
        Assert.Equal(most - 1, _told.Count);
    }

    [Fact]
    public async Task Between_attempts_a_run_can_be_cancelled()
    {
        using CancellationTokenSource stop = new();
        ValueTask<InputOutcome> trying = Backoff.OfInputs(new FaultOptions { Attempts = 100 }, (_, _) => stop.Cancel()).ExecuteAsync(
            _ => ValueTask.FromResult(Failed(new IOException("gone"))), stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trying.AsTask());
    }

    public static TheoryData<Exception, int> OutputFaults => new()
    {
        { new RunStoppedException("the server is away", new IOException("reset")), 2 },
        { new RunStoppedException("the output is gone", new DirectoryNotFoundException()), 1 },
        { new RunStoppedException("no rights", new UnauthorizedAccessException()), 1 },
        { new IOException("of the input, not of an output"), 1 },
        { new RunStoppedException("full", new IOException("full", OperatingSystem.IsWindows() ? DiskFullOnWindows : NoSpaceOnUnix)), 1 },
        { new RunStoppedException("quota", new IOException("quota", OperatingSystem.IsWindows() ? DiskFullOnWindows : QuotaOnUnix)), 1 },
    };

    [Theory]
    [MemberData(nameof(OutputFaults), DisableDiscoveryEnumeration = true)]
    public async Task Outputs_are_written_again_unless_the_disk_is_full_or_gone(Exception fault, int expected)
    {
        int attempts = 0;

        Assert.Same(fault, await Record.ExceptionAsync(async () => await Backoff.OfOutputs(new FaultOptions { Attempts = 2 }).ExecuteAsync(_ =>
        {
            attempts++;
            return ValueTask.FromException(fault);
        })));
        Assert.Equal(expected, attempts);
    }

    private void Tell(InputOutcome outcome, string text) => _told.Add(text);

    private static InputOutcome Failed(Exception cause) => new(0, new InputSummary("/a.las", "a", InputStatus.Failed) { Error = cause.Message }, new StageFaultException("read", cause));

    private static InputOutcome Done() => new(0, new InputSummary("/a.las", "a", InputStatus.Done), null);
}
