using System.Globalization;
using BatchSegmenter.Pipeline.Stages;
using Polly;
using Polly.Retry;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// What passes by itself is tried again, after pauses that double and vary, so that many who failed together do not come back together.
/// Damaged content stays damaged and is not tried again; nor is a full disk.
/// </summary>
internal static class Backoff
{
    /// <summary>The first pause; the next are twice as long each.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);

    private const int NoSpaceOnUnix = 28, QuotaOnUnix = 122, HandleDiskFullOnWindows = 0x27, DiskFullOnWindows = 0x70;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Tries an input as often as <paramref name="faults"/> says, as long as what fails may pass.</summary>
    public static ResiliencePipeline<InputOutcome> OfInputs(FaultOptions faults, Action<InputOutcome, string> tell) => faults.Attempts < 2
        ? ResiliencePipeline<InputOutcome>.Empty
        : new ResiliencePipelineBuilder<InputOutcome>().AddRetry(new RetryStrategyOptions<InputOutcome>
        {
            ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome.Result is { Fault.IsTransient: true }),
            MaxRetryAttempts = faults.Attempts - 1,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = FirstPause,
            MaxDelay = LongestPause,
            OnRetry = retry =>
            {
                InputOutcome outcome = retry.Outcome.Result!;
                tell(outcome, string.Create(CultureInfo.InvariantCulture, $"{outcome.Summary.Error}; attempt {retry.AttemptNumber + 1} of {faults.Attempts} failed in stage {outcome.Fault!.Stage}, the next follows in {retry.RetryDelay.TotalSeconds:0.0} s"));
                return ValueTask.CompletedTask;
            },
        }).Build();

    /// <summary>Tries to write outputs as often as <paramref name="faults"/> says.</summary>
    public static ResiliencePipeline OfOutputs(FaultOptions faults) => faults.Attempts < 2
        ? ResiliencePipeline.Empty
        : new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome.Exception is RunStoppedException { InnerException: IOException and not DirectoryNotFoundException and var fault } && !IsDiskFull(fault)),
            MaxRetryAttempts = faults.Attempts - 1,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = FirstPause,
            MaxDelay = LongestPause,
        }).Build();

    /// <summary>Whether a disk or a quota is full.</summary>
    public static bool IsDiskFull(Exception fault) => OperatingSystem.IsWindows()
        ? (fault.HResult & 0xFFFF) is DiskFullOnWindows or HandleDiskFullOnWindows
        : fault.HResult is NoSpaceOnUnix or QuotaOnUnix;
}
