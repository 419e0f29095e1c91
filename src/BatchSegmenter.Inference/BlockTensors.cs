namespace BatchSegmenter.Inference;

/// <summary>Everything the network reads of one block.</summary>
public sealed class BlockTensors
{
    /// <param name="positions">Block coordinates, [N, 3] row-major, centred, in the network's unit; N at least 1.</param>
    /// <param name="features">Feature channels, [N, F] row-major.</param>
    /// <param name="neighbourhoods">Those of <paramref name="positions"/>.</param>
    /// <param name="category">Id of the object's category, for a network that asks for one.</param>
    /// <exception cref="ArgumentException">The three disagree about N, or the network has no such category.</exception>
    public BlockTensors(ReadOnlyMemory<float> positions, ReadOnlyMemory<float> features, Neighbourhoods neighbourhoods, int category = 0)
    {
        int points = neighbourhoods.PointCount(0);
        if (positions.Length != 3 * points || features.Length % points != 0)
            throw new ArgumentException(
                $"{positions.Length} coordinates and {features.Length} feature values are not those of the {points} points that the neighbourhoods have.");
        if (category < 0 || category >= Math.Max(neighbourhoods.Description.Categories, 1))
            throw new ArgumentException($"Category {category} is not one of the {neighbourhoods.Description.Categories} that the network knows.", nameof(category));
        Category = category;
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

    /// <summary>Id of the object's category; 0 where the network asks for none.</summary>
    public int Category { get; }

    /// <summary>N.</summary>
    public int PointCount => Neighbourhoods.PointCount(0);
}
