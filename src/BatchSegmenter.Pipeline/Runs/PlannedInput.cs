using System.Text.Json.Serialization;
using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>What a run would do with one input, as its header and the ledger tell.</summary>
/// <param name="Input">Full path.</param>
/// <param name="Source">The value of <c>source=</c> in the dataset.</param>
/// <param name="State">Whether it would be done, and why.</param>
public sealed record PlannedInput(string Input, string Source, InputState State)
{
    /// <summary>Details of <see cref="State"/>; null where there are none.</summary>
    public string? Reason { get; init; }

    /// <summary>Why it would fail, as far as its header tells; null where nothing is known against it, or it is passed over.</summary>
    public string? Refusal { get; init; }

    /// <summary>Bytes of the file.</summary>
    public long Bytes { get; init; }

    /// <summary>The format's short name; null where the header cannot be read.</summary>
    public string? Format { get; init; }

    /// <summary>Points; null where the header cannot be read.</summary>
    public long? Points { get; init; }

    /// <summary>The EPSG code; null where none is given.</summary>
    public int? Epsg { get; init; }

    /// <summary>What kind of coordinates it has; null where the header cannot be read.</summary>
    public CrsKind? Crs { get; init; }

    /// <summary>Metres per unit of x and y, by which they are converted for the network; null for degrees and where the header cannot be read.</summary>
    public double? HorizontalUnit { get; init; }

    /// <summary>Metres per unit of z; null where the horizontal unit is.</summary>
    public double? VerticalUnit { get; init; }

    /// <summary>What the model makes features of and the file does not have; the model does without.</summary>
    public IReadOnlyList<string> MissingChannels { get; init; } = [];

    /// <summary>How the file was understood: detected columns, a misleading name. Mostly empty.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Bytes of scratch files that it would take at its most; 0 where memory holds it.</summary>
    public long ScratchBytes { get; init; }

    /// <summary>Estimated bytes of its outputs; 0 where it is not labelled.</summary>
    public long OutputBytes { get; init; }

    /// <summary>Whether it would be labelled.</summary>
    [JsonIgnore]
    public bool IsLabelled => !IsPassedOver && Refusal is null;

    /// <summary>Whether it would be left as it is.</summary>
    [JsonIgnore]
    public bool IsPassedOver => State is InputState.Done or InputState.Quarantined;
}
