using System.Text.Json;
using System.Text.Json.Serialization;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// The architecture of a PointNet++ segmentation network: set abstraction levels that sample and group points,
/// propagation back to all points, and a head that scores classes. Level 0 is the block's points; level <c>l</c> counts
/// from 1. Lengths are in the unit of the network's <c>positions</c>.
/// </summary>
public sealed record PointNet2Description
{
    internal static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>The family; always <c>pointnet2</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; init; } = "pointnet2";

    /// <summary>Channels of the <c>features</c> input, at least 1.</summary>
    public required int Features { get; init; }

    /// <summary>Classes scored, at least 2.</summary>
    public required int Classes { get; init; }

    /// <summary>Set abstraction, finest first.</summary>
    public required IReadOnlyList<SetAbstractionDescription> Levels { get; init; }

    /// <summary>Feature propagation, one entry per level, coarsest first; the last one reaches the block's points.</summary>
    public required IReadOnlyList<PropagationDescription> Propagation { get; init; }

    /// <summary>Widths of the head's hidden layers; may be empty.</summary>
    public required IReadOnlyList<int> Head { get; init; }

    /// <summary>Share of hidden activations dropped while training, in [0, 1). Inference ignores it.</summary>
    public double Dropout { get; init; }

    /// <summary>Reads a description and checks it.</summary>
    /// <param name="json">One JSON object.</param>
    /// <param name="path">What to call it in an error.</param>
    /// <exception cref="InvalidNetworkDescriptionException">An unknown key, a missing one, or a value out of range.</exception>
    public static PointNet2Description Parse(string json, string path)
    {
        PointNet2Description description;
        try
        {
            description = JsonSerializer.Deserialize<PointNet2Description>(json, JsonOptions)
                ?? throw new InvalidNetworkDescriptionException(path, "the architecture is null; an object is expected");
        }
        catch (JsonException fault)
        {
            throw new InvalidNetworkDescriptionException(path, $"the architecture can't be read: {fault.Message}", fault);
        }
        description.Validate(path);
        return description;
    }

    /// <summary>The description as JSON, indented.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, new JsonSerializerOptions(JsonOptions) { WriteIndented = true });

    /// <summary>Checks every value's range and that the parts fit each other.</summary>
    /// <param name="path">What to call the description in an error.</param>
    /// <exception cref="InvalidNetworkDescriptionException">Names the key, the value found and what was expected.</exception>
    public void Validate(string path)
    {
        Require(Type == "pointnet2", "type", $"\"{Type}\"", "\"pointnet2\"");
        Require(Features >= 1, "features", Features, "at least 1");
        Require(Classes >= 2, "classes", Classes, "at least 2");
        Require(Levels.Count >= 1, "levels", $"{Levels.Count} entries", "at least one");
        Require(Propagation.Count == Levels.Count, "propagation", $"{Propagation.Count} entries", $"{Levels.Count}, one per level");
        for (int level = 0; level < Levels.Count; level++) ValidateLevel(Levels[level], $"levels[{level}]");
        for (int step = 0; step < Propagation.Count; step++) Widths(Propagation[step].Widths, $"propagation[{step}].widths");
        if (Head.Count > 0) Widths(Head, "head");
        Require(Dropout is >= 0 and < 1, "dropout", Dropout, "in [0, 1)");

        void ValidateLevel(SetAbstractionDescription level, string key)
        {
            Require(level.Ratio is null != level.Samples is null, key, "ratio and samples", "exactly one of the two");
            Require(level.Ratio is null or (> 0 and <= 1), $"{key}.ratio", level.Ratio!, "in (0, 1]");
            Require(level.Samples is null or >= 1, $"{key}.samples", level.Samples!, "at least 1");
            Require(level.Scales.Count >= 1, $"{key}.scales", $"{level.Scales.Count} entries", "at least one");
            for (int scale = 0; scale < level.Scales.Count; scale++)
            {
                Require(level.Scales[scale].Radius is > 0 and < float.MaxValue, $"{key}.scales[{scale}].radius", level.Scales[scale].Radius, "positive");
                Require(level.Scales[scale].Neighbors >= 1, $"{key}.scales[{scale}].neighbors", level.Scales[scale].Neighbors, "at least 1");
                Widths(level.Scales[scale].Widths, $"{key}.scales[{scale}].widths");
            }
        }

        void Widths(IReadOnlyList<int> widths, string key) =>
            Require(widths.Count >= 1 && widths.All(width => width is >= 1 and <= 65536), key, $"[{string.Join(", ", widths)}]", "one or more widths of 1 to 65536");

        void Require(bool condition, string key, object found, string expected)
        {
            if (!condition)
                throw new InvalidNetworkDescriptionException(path, FormattableString.Invariant($"architecture.{key} is {found}; expected {expected}"));
        }
    }

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

    /// <summary>Channels per point after a level: <see cref="Features"/> at level 0, else the scales' last widths together.</summary>
    /// <param name="level">0 to the number of levels.</param>
    public int LevelWidth(int level) => level == 0 ? Features : Levels[level - 1].Scales.Sum(scale => scale.Widths[^1]);
}

/// <summary>One set abstraction: sample points by farthest point sampling, group their neighbours, pool features.</summary>
public sealed record SetAbstractionDescription
{
    /// <summary>Samples as a share of the level before, in (0, 1], rounded up; or <see cref="Samples"/>.</summary>
    public double? Ratio { get; init; }

    /// <summary>Samples as a count, capped at the points there are; or <see cref="Ratio"/>.</summary>
    public int? Samples { get; init; }

    /// <summary>One ball query and network per radius; results are put side by side in this order.</summary>
    public required IReadOnlyList<ScaleDescription> Scales { get; init; }

    /// <summary>Whether relative coordinates are divided by the scale's radius before the network sees them.</summary>
    public bool RelativeByRadius { get; init; }

    /// <summary>The number of samples taken of a level with <paramref name="previous"/> points: at least 1, at most all.</summary>
    public int SampleCount(int previous) =>
        Samples is int samples ? Math.Min(samples, previous) : Math.Clamp((int)Math.Ceiling(previous * Ratio!.Value), 1, previous);
}

/// <summary>One scale of a set abstraction.</summary>
public sealed record ScaleDescription
{
    /// <summary>Radius of the ball query, inclusive.</summary>
    public required float Radius { get; init; }

    /// <summary>Neighbours per sample: the first found in index order, the first one repeated where there are fewer.</summary>
    public required int Neighbors { get; init; }

    /// <summary>Widths of the shared layers, the last one pooled.</summary>
    public required IReadOnlyList<int> Widths { get; init; }
}

/// <summary>One feature propagation: interpolate from the three nearest samples, join, transform.</summary>
public sealed record PropagationDescription
{
    /// <summary>Widths of the layers.</summary>
    public required IReadOnlyList<int> Widths { get; init; }

    /// <summary>Whether the finer level's own features stand before the interpolated ones.</summary>
    public bool Skip { get; init; } = true;
}
