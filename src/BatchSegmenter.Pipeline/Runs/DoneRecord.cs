using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// Says that an input is done: the last thing that is written of it, and what readers who need all of its files trust. It holds as long as
/// <see cref="Key"/> is that of the input, the bundle and the options, and the outputs are there.
/// </summary>
public sealed record DoneRecord
{
    /// <summary>Hash of what the outputs follow from: identity of the input, bundle, options that influence results, neighbours where they are context. Empty: to be done again.</summary>
    public required string Key { get; init; }

    /// <summary>The input's path, relative to the folder or glob prefix that named it, without extension.</summary>
    public required string RelativePath { get; init; }

    /// <summary>Bytes of the input.</summary>
    public long InputBytes { get; init; }

    /// <summary>The input's tag when it was read; see <see cref="SegmentationInput.Tag"/>.</summary>
    public string InputTag { get; init; } = "";

    /// <summary>Id of the bundle.</summary>
    public string Bundle { get; init; } = "";

    /// <summary>Hash of the options that influence results; see <see cref="ResultOptions"/>.</summary>
    public string Options { get; init; } = "";

    /// <summary>The run that did it.</summary>
    public string RunId { get; init; } = "";

    /// <summary>Counts and status as the summary showed them; <see cref="InputSummary.Outputs"/> is left empty.</summary>
    public required InputSummary Summary { get; init; }

    /// <summary>The files, with sizes and hashes.</summary>
    public IReadOnlyList<CommittedOutput> Outputs { get; init; } = [];
}
