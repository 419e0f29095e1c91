namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>One file's positions and classes in <c>point_index</c> order, as far as scoring needs them.</summary>
internal sealed class LabelledCloud
{
    /// <summary>Points held.</summary>
    public required int Count { get; init; }

    /// <summary>Positions in the file's own units; null where a Parquet file has none.</summary>
    public double[]? X { get; init; }

    /// <inheritdoc cref="X"/>
    public double[]? Y { get; init; }

    /// <inheritdoc cref="X"/>
    public double[]? Z { get; init; }

    /// <summary>ASPRS class code of each point.</summary>
    public required byte[] Codes { get; init; }

    /// <summary>Confidence of each label, 0 to 1; null where the file has none.</summary>
    public float[]? Confidence { get; init; }

    /// <summary>Metres per unit of x and y.</summary>
    public double HorizontalUnit { get; init; } = 1;

    /// <summary>Metres per unit of z.</summary>
    public double VerticalUnit { get; init; } = 1;
}
