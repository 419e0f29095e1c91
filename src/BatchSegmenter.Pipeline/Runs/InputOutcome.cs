using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>How one input of a run ended.</summary>
/// <param name="Ordinal">Its position among the run's inputs.</param>
/// <param name="Summary">Counts and status, as the summary shows them.</param>
/// <param name="Fault">What went wrong, or null.</param>
public sealed record InputOutcome(int Ordinal, InputSummary Summary, StageFaultException? Fault);
