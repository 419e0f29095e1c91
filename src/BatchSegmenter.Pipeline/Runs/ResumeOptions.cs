namespace BatchSegmenter.Pipeline.Runs;

/// <summary>How a run deals with what earlier runs left in its output.</summary>
public sealed record ResumeOptions
{
    /// <summary>Everything is done again; what is recorded of the inputs is forgotten first.</summary>
    public bool Restart { get; init; }

    /// <summary>Quarantined inputs are tried again though they have not changed.</summary>
    public bool RetryQuarantined { get; init; }

    /// <summary>Outputs of inputs that are done are read and hashed; else their sizes alone are compared.</summary>
    public bool VerifyOutputs { get; init; }
}
