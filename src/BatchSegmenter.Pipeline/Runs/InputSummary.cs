namespace BatchSegmenter.Pipeline.Runs;

/// <summary>How one input of a run ended.</summary>
/// <param name="Input">The file's full path.</param>
/// <param name="Source">The value of <c>source=</c> in the dataset.</param>
/// <param name="Status">What became of it.</param>
public sealed record InputSummary(string Input, string Source, InputStatus Status)
{
    /// <summary>Points labelled.</summary>
    public long Points { get; init; }

    /// <summary>Seconds from the input's first byte read to its last output committed.</summary>
    public double Seconds { get; init; }

    /// <summary>Points of each label (ASPRS code).</summary>
    public IReadOnlyDictionary<int, long> LabelCounts { get; init; } = new Dictionary<int, long>();

    /// <summary>Mean confidence of the points that the network labelled; null where there are none.</summary>
    public double? MeanConfidence { get; init; }

    /// <summary>Why it failed, or what was lost, in one line; null where all went well.</summary>
    public string? Error { get; init; }

    /// <summary>Full paths of the files committed.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];
}

/// <summary>What became of an input.</summary>
public enum InputStatus
{
    /// <summary>Every output is committed.</summary>
    Done,

    /// <summary>Every output is committed, but points that could not be decoded are not in them; <see cref="InputSummary.Error"/> names them.</summary>
    Partial,

    /// <summary>The input could not be labelled; its outputs were not written.</summary>
    Failed,

    /// <summary>An earlier run has done it, and its outputs are in place.</summary>
    Skipped,

    /// <summary>An earlier run gave it up, and it has not changed since.</summary>
    Quarantined,

    /// <summary>It changed while the run went on, and is left for the next; or it is gone.</summary>
    Changing,

    /// <summary>The run ended before the input was finished.</summary>
    Cancelled,
}
