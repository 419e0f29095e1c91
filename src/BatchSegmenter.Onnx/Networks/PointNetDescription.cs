using System.Text.Json.Serialization;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// PointNet for semantic segmentation (Qi et al. 2017): the points are turned by a learned 3 × 3 matrix, their first features by a learned
/// square matrix, and the maximum over the block is joined to the features of each point. It has no neighbourhoods, so its graph takes points.
/// The channels of <see cref="NetworkDescription.Features"/> begin with the positions.
/// </summary>
public sealed record PointNetDescription : NetworkDescription
{
    /// <summary>Widths of the layers per point: before the second turn the first, after it the others; the last one is pooled.</summary>
    public required IReadOnlyList<int> Encoder { get; init; }

    /// <summary>Widths of the two networks that make the matrices: layers per point, the last one pooled.</summary>
    public required IReadOnlyList<int> TransformEncoder { get; init; }

    /// <summary>Widths of the hidden layers behind the pooling of the networks that make the matrices.</summary>
    public required IReadOnlyList<int> TransformHead { get; init; }

    /// <summary>Widths of the head's hidden layers.</summary>
    public required IReadOnlyList<int> Head { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override int PointChannels => Features;

    private protected override void Validate(DescriptionCheck check)
    {
        check.Require(Features >= 3, "features", Features, "at least 3, the positions being the first");
        check.Require(Encoder.Count >= 2, "encoder", $"{Encoder.Count} widths", "two or more");
        check.Widths(Encoder, "encoder");
        check.Widths(TransformEncoder, "transformEncoder");
        check.Widths(TransformHead, "transformHead");
        check.Widths(Head, "head");
    }
}
