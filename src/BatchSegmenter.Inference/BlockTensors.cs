namespace BatchSegmenter.Inference;

/// <summary>Everything the network reads of one block.</summary>
public sealed class BlockTensors
{
    /// <param name="positions">Block coordinates, [N, 3] row-major, centred, in the network's unit; N at least 1.</param>
    /// <param name="features">Feature channels, [N, F] row-major.</param>
    /// <param name="neighbourhoods">Those of <paramref name="positions"/>.</param>
    /// <exception cref="ArgumentException">The three disagree about N.</exception>
    public BlockTensors(ReadOnlyMemory<float> positions, ReadOnlyMemory<float> features, Neighbourhoods neighbourhoods)
    {
        int points = neighbourhoods.PointCount(0);
        if (positions.Length != 3 * points || features.Length % points != 0)
            throw new ArgumentException(
                $"{positions.Length} coordinates and {features.Length} feature values are not those of the {points} points that the neighbourhoods have.");
        Positions = positions;
        Features = features;
        Neighbourhoods = neighbourhoods;
    }

    /// <summary>Block coordinates, [N, 3].</summary>
    public ReadOnlyMemory<float> Positions { get; }

    /// <summary>Feature channels, [N, F].</summary>
    public ReadOnlyMemory<float> Features { get; }

    /// <summary>Samples, neighbours and interpolation.</summary>
    public Neighbourhoods Neighbourhoods { get; }

    /// <summary>N.</summary>
    public int PointCount => Neighbourhoods.PointCount(0);
}
