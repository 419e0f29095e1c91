using System.Text.Json.Serialization;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>How the three nearest samples are weighed in feature propagation; the weights are divided by their sum.</summary>
public enum InterpolationWeight
{
    /// <summary>1 / (d² + 1e-8).</summary>
    InverseSquaredDistance,

    /// <summary>1 / (d + 1e-8).</summary>
    InverseDistance,
}

/// <summary>What the head is told of the block as a whole, channel by channel over all points of the last propagation step.</summary>
public enum GlobalFeature
{
    /// <summary>The largest value.</summary>
    Max,

    /// <summary>The mean.</summary>
    Mean,
}

/// <summary>
/// The architecture of a PointNet++ network and its kin (PointNeXt): set abstraction levels that sample and group points; for segmentation
/// propagation back to all points; and a head that scores classes. Level 0 is the block's points; level <c>l</c> counts
/// from 1. Lengths are in the unit of the network's <c>positions</c>.
/// </summary>
public sealed record PointNet2Description : NetworkDescription
{
    /// <summary>Whether the raw points' features are all their channels, positions included, and not only those behind the positions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool PositionsAsFeatures { get; init; }

    /// <summary>Whether a point at exactly the radius is not a neighbour; by default it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool RadiusExclusive { get; init; }

    /// <summary>How the three nearest samples are weighed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public InterpolationWeight Interpolation { get; init; }

    /// <summary>Width of a linear layer, without norm and ReLU, over the features before the first level; 0 for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Stem { get; init; }

    /// <summary>Set abstraction, finest first.</summary>
    public required IReadOnlyList<SetAbstractionDescription> Levels { get; init; }

    /// <summary>
    /// Feature propagation, one entry per level, coarsest first; the last one reaches the block's points. Empty for classification.
    /// With <see cref="NetworkDescription.Categories"/>, the last one's own features are category, positions and features.
    /// </summary>
    public required IReadOnlyList<PropagationDescription> Propagation { get; init; }

    /// <summary>
    /// What stands behind each point's own features before the head, in this order, each once; null for none. Segmentation alone: the scores
    /// of a point then depend on all points of its block.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<GlobalFeature>? Global { get; init; }

    /// <summary>Widths of the head's hidden layers; may be empty.</summary>
    public required IReadOnlyList<int> Head { get; init; }

    /// <summary>Share of hidden activations dropped while training, in [0, 1). Inference ignores it.</summary>
    public double Dropout { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override int PointChannels => PositionsAsFeatures ? Features : 3 + Features;

    /// <summary>Reads a description and checks it.</summary>
    /// <inheritdoc cref="NetworkDescription.Parse"/>
    public static new PointNet2Description Parse(string json, string path) =>
        NetworkDescription.Parse(json, path) as PointNet2Description
            ?? throw new InvalidNetworkDescriptionException(path, "architecture.type is not pointnet2");

    /// <summary>The number of points per level of a block.</summary>
    /// <param name="points">Points of the block, at least 1.</param>
    /// <returns><c>S_0 … S_L</c>, <c>S_0</c> being <paramref name="points"/>.</returns>
    public int[] SampleCounts(int points)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        int[] counts = new int[Levels.Count + 1];
        counts[0] = points;
        for (int level = 1; level < counts.Length; level++) counts[level] = Levels[level - 1].SampleCount(counts[level - 1]);
        return counts;
    }

    /// <summary>Channels per point after a level: <see cref="Stem"/> or else <see cref="NetworkDescription.Features"/> at level 0, else the scales' last widths together.</summary>
    /// <param name="level">0 to the number of levels.</param>
    public int LevelWidth(int level) => level > 0 ? Levels[level - 1].Scales.Sum(scale => scale.Widths[^1]) : Stem > 0 ? Stem : Features;

    /// <summary>Channels that reach the head: those of the last part, and of segmentation as many again for each of <see cref="Global"/>.</summary>
    internal int HeadInputs => Task == NetworkTask.Classification ? LevelWidth(Levels.Count) : Propagation[^1].Widths[^1] * (1 + (Global?.Count ?? 0));

    /// <summary>Channels that stand before the interpolated ones in a propagation step, 0 being the coarsest.</summary>
    public int SkipWidth(int step)
    {
        int level = Levels.Count - 1 - step;
        if (!Propagation[step].Skip) return 0;
        return level == 0 && Categories > 0 ? Categories + 3 + LevelWidth(0) : LevelWidth(level);
    }

    private protected override void Validate(DescriptionCheck check)
    {
        check.Require(Features >= (PositionsAsFeatures ? 3 : 0), "features", Features, PositionsAsFeatures ? "at least 3, the positions being the first" : "at least 0");
        check.Require(Stem is >= 0 and <= 65536 && (Stem == 0 || Features > 0), "stem", Stem, "0 to 65536, and 0 without features");
        check.Require(Levels.Count >= 1, "levels", $"{Levels.Count} entries", "at least one");
        for (int level = 0; level < Levels.Count; level++) Levels[level].Validate(check, $"levels[{level}]", last: level == Levels.Count - 1);
        check.Require(!Levels[0].Residual || Features > 0, "levels[0].residual", true, "false without features");
        if (Task == NetworkTask.Classification)
        {
            check.Require(Propagation.Count == 0, "propagation", $"{Propagation.Count} entries", "none, as it is for classification");
            check.Require(Levels[^1].All, "levels", "a last level of samples", "a last level of all points, as it is for classification");
            check.Require(Categories == 0, "categories", Categories, "0, as it is for classification");
        }
        else
        {
            check.Require(Propagation.Count == Levels.Count, "propagation", $"{Propagation.Count} entries", $"{Levels.Count}, one per level");
            check.Require(Categories == 0 || Propagation[^1].Skip, "propagation", "a last entry without skip", "one with skip, as there are categories");
        }

        if (Global is not null)
        {
            check.Require(Task == NetworkTask.Segmentation, "global", $"[{string.Join(", ", Global)}]", "none, as it is for classification");
            check.Require(Global.Count >= 1 && Global.Distinct().Count() == Global.Count, "global", $"[{string.Join(", ", Global)}]", "one or more of max and mean, each once");
        }

        for (int step = 0; step < Propagation.Count; step++) check.Widths(Propagation[step].Widths, $"propagation[{step}].widths");
        if (Head.Count > 0) check.Widths(Head, "head");
        check.Require(Dropout is >= 0 and < 1, "dropout", Dropout, "in [0, 1)");
    }
}
