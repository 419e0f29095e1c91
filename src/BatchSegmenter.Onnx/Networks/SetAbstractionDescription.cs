using System.Text.Json.Serialization;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>One set abstraction: sample points by farthest point sampling, group their neighbours, pool features.</summary>
public sealed record SetAbstractionDescription
{
    /// <summary>Samples as a share of the level before, in (0, 1], rounded up; or <see cref="Samples"/>, <see cref="Stride"/>, <see cref="All"/>.</summary>
    public double? Ratio { get; init; }

    /// <summary>Samples as a count, capped at the points there are.</summary>
    public int? Samples { get; init; }

    /// <summary>One sample for so many points of the level before, rounded down, at least 1.</summary>
    public int? Stride { get; init; }

    /// <summary>One group of all points of the block, about the origin: the last level of networks that know the block as a whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool All { get; init; }

    /// <summary>One ball query and network per radius; results are put side by side in this order. One, without radius, where <see cref="All"/>.</summary>
    public required IReadOnlyList<ScaleDescription> Scales { get; init; }

    /// <summary>Whether relative coordinates are divided by the scale's radius before the network sees them.</summary>
    public bool RelativeByRadius { get; init; }

    /// <summary>Whether the channels of a neighbour begin with its features, and relative coordinates follow.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool FeaturesFirst { get; init; }

    /// <summary>
    /// Whether the samples' own features, through a linear layer without norm where the widths differ, are added to what was pooled, and ReLU comes after that.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Residual { get; init; }

    /// <summary>Inverted residual blocks among the level's own samples, behind the pooling.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ResidualBlockDescription>? Blocks { get; init; }

    /// <summary>The number of samples taken of a level with <paramref name="previous"/> points: at least 1, at most all.</summary>
    public int SampleCount(int previous) => this switch
    {
        { All: true } => 1,
        { Samples: int samples } => Math.Min(samples, previous),
        { Stride: int stride } => Math.Max(previous / stride, 1),
        _ => Math.Clamp((int)Math.Ceiling(previous * Ratio!.Value), 1, previous),
    };

    internal void Validate(DescriptionCheck check, string key, bool last)
    {
        int ways = (Ratio is null ? 0 : 1) + (Samples is null ? 0 : 1) + (Stride is null ? 0 : 1) + (All ? 1 : 0);
        check.Require(ways == 1, key, $"{ways} of ratio, samples, stride and all", "exactly one of the four");
        check.Require(Ratio is null or (> 0 and <= 1), $"{key}.ratio", Ratio, "in (0, 1]");
        check.Require(Samples is null or >= 1, $"{key}.samples", Samples, "at least 1");
        check.Require(Stride is null or >= 1, $"{key}.stride", Stride, "at least 1");
        check.Require(Scales.Count >= 1, $"{key}.scales", $"{Scales.Count} entries", "at least one");
        check.Require(!All || last && Scales.Count == 1 && !Residual && !RelativeByRadius && Blocks is null, $"{key}.all", All, "only at the last level, with one scale, without residual, blocks and relativeByRadius");
        check.Require(!Residual || Scales.Count == 1, $"{key}.residual", Residual, "false where there are several scales");
        for (int scale = 0; scale < Scales.Count; scale++) Scales[scale].Validate(check, $"{key}.scales[{scale}]", All);
        for (int block = 0; block < (Blocks?.Count ?? 0); block++) Blocks![block].Validate(check, $"{key}.blocks[{block}]");
    }
}

/// <summary>One scale of a set abstraction.</summary>
public sealed record ScaleDescription
{
    /// <summary>Radius of the ball query; see <see cref="PointNet2Description.RadiusExclusive"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public float Radius { get; init; }

    /// <summary>Neighbours per sample: the first found in index order, the first one repeated where there are fewer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Neighbors { get; init; }

    /// <summary>Widths of the shared layers, the last one pooled.</summary>
    public required IReadOnlyList<int> Widths { get; init; }

    internal void Validate(DescriptionCheck check, string key, bool all)
    {
        check.Require(all ? Radius == 0 : Radius is > 0 and < float.MaxValue, $"{key}.radius", Radius, all ? "none" : "positive");
        check.Require(all ? Neighbors == 0 : Neighbors >= 1, $"{key}.neighbors", Neighbors, all ? "none" : "at least 1");
        check.Widths(Widths, $"{key}.widths");
    }
}

/// <summary>
/// An inverted residual block (PointNeXt): a layer over each sample's neighbours, relative coordinates first, pooled; a layer that widens
/// and one, without ReLU, that narrows; what went in is added, and ReLU.
/// </summary>
public sealed record ResidualBlockDescription
{
    /// <summary>Radius of the ball query among the level's samples.</summary>
    public required float Radius { get; init; }

    /// <summary>Neighbours per sample, as in <see cref="ScaleDescription.Neighbors"/>.</summary>
    public required int Neighbors { get; init; }

    /// <summary>Width between widening and narrowing.</summary>
    public required int Hidden { get; init; }

    internal void Validate(DescriptionCheck check, string key)
    {
        check.Require(Radius is > 0 and < float.MaxValue, $"{key}.radius", Radius, "positive");
        check.Require(Neighbors >= 1, $"{key}.neighbors", Neighbors, "at least 1");
        check.Widths([Hidden], $"{key}.hidden");
    }
}

/// <summary>One feature propagation: interpolate from the three nearest samples, join, transform.</summary>
public sealed record PropagationDescription
{
    /// <summary>Widths of the layers.</summary>
    public required IReadOnlyList<int> Widths { get; init; }

    /// <summary>Whether the finer level's own features stand before the interpolated ones.</summary>
    public bool Skip { get; init; } = true;
}
