using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>What a run has done so far, or, at its end, altogether.</summary>
/// <param name="Inputs">In the order of the run's inputs.</param>
/// <param name="Stages">What each stage did, in the way of the data.</param>
/// <param name="Warnings">What a user should know, one line each, in the order of the inputs.</param>
/// <param name="Seconds">Wall time.</param>
public sealed record RunOutcome(
    IReadOnlyList<InputSummary> Inputs, IReadOnlyList<StageMeter> Stages, IReadOnlyList<string> Warnings, double Seconds)
{
    /// <summary>Points labelled by this run.</summary>
    public long Points => Inputs.Where(input => input.Status is InputStatus.Done or InputStatus.Partial).Sum(input => input.Points);

    /// <summary>Inputs that failed.</summary>
    public int Failed => Count(InputStatus.Failed);

    /// <summary>Inputs of which points were lost, in this run or the one that did them.</summary>
    public int Partial => Inputs.Count(input => input.Status == InputStatus.Partial || (input.Status == InputStatus.Skipped && input.Error is not null));

    /// <summary>Inputs that an earlier run has done.</summary>
    public int Skipped => Count(InputStatus.Skipped);

    /// <summary>Inputs that an earlier run gave up, and that were not tried again.</summary>
    public int Quarantined => Count(InputStatus.Quarantined);

    /// <summary>Inputs that changed while the run went on, or are gone.</summary>
    public int Changing => Count(InputStatus.Changing);

    private int Count(InputStatus status) => Inputs.Count(input => input.Status == status);
}
