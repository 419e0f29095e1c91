namespace BatchSegmenter.Pipeline.Runs;

/// <summary>What earlier runs made of an input, as the ledger tells.</summary>
/// <param name="State">Whether it is to be done, and if so why.</param>
/// <param name="Reason">Details in a few words; null where the state says it all.</param>
public sealed record EarlierWork(InputState State, string? Reason = null)
{
    /// <summary>The row of an input that is not done now; null where it is.</summary>
    public InputSummary? Summary { get; init; }
}

/// <summary>Why an input is done, or passed over.</summary>
public enum InputState
{
    /// <summary>Nothing is recorded of it.</summary>
    New,

    /// <summary>The file has changed since it was done or given up (or bundle or options have, since it was given up).</summary>
    Changed,

    /// <summary>It was done by another bundle, or with options that give other results.</summary>
    Outdated,

    /// <summary>Its outputs are gone or damaged.</summary>
    Damaged,

    /// <summary>It was given up, and is tried again because that was asked for.</summary>
    Retried,

    /// <summary>It was done or given up, and is done again because everything is.</summary>
    Restarted,

    /// <summary>It is done, and passed over.</summary>
    Done,

    /// <summary>It was given up, and is passed over.</summary>
    Quarantined,
}
