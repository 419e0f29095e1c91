namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// Why an input could not be labelled: <c>_quarantine/NAME.json</c>. It is passed over until it changes (or bundle or options do), or
/// quarantined inputs are asked for.
/// </summary>
public sealed record QuarantineRecord
{
    /// <summary>As <see cref="DoneRecord.Key"/>.</summary>
    public required string Key { get; init; }

    /// <summary>The input's path, relative to the folder or glob prefix that named it, without extension.</summary>
    public required string RelativePath { get; init; }

    /// <summary>The stage that failed.</summary>
    public required string Stage { get; init; }

    /// <summary>The file that was read.</summary>
    public required string File { get; init; }

    /// <summary>Byte offset of the fault in the file; null where none can be given.</summary>
    public long? Offset { get; init; }

    /// <summary>What was found, in one line.</summary>
    public required string Found { get; init; }

    /// <summary>What was expected, or what to do; null where the fault does not tell.</summary>
    public string? Expected { get; init; }

    /// <summary>The exception with its stack trace.</summary>
    public required string Exception { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>The run that gave it up.</summary>
    public string RunId { get; init; } = "";

    /// <summary>A command that does it again, with stack traces and without touching the outputs.</summary>
    public string Replay { get; init; } = "";
}
