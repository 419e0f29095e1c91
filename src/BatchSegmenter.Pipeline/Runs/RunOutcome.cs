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
    /// <summary>Points labelled.</summary>
    public long Points => Inputs.Sum(input => input.Points);

    /// <summary>Inputs that failed.</summary>
    public int Failed => Inputs.Count(input => input.Status == InputStatus.Failed);

    /// <summary>Inputs of which points were lost.</summary>
    public int Partial => Inputs.Count(input => input.Status == InputStatus.Partial);
}
