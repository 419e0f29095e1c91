using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// The feature channels that a bundle can ask for, by name, and how each is scaled for the network. Lengths pass through
/// asinh(h / 0.3 m) / 4, which keeps decimetres apart near zero and towers within range.
/// </summary>
public static class BlockFeatures
{
    private delegate float Channel(ThinnedPoints points, int i, float blockSpacing);

    private static readonly Dictionary<string, Channel> Channels = new(StringComparer.Ordinal)
    {
        ["height_above_ground_18m"] = (p, i, _) => Length(p.HeightNear[i]),
        ["height_above_ground_50m"] = (p, i, _) => Length(p.HeightFar[i]),
        ["intensity_rank"] = (p, i, _) => 2 * p.Intensity[i],
        ["return_ratio"] = (p, i, _) => p.ReturnRatio[i],
        ["return_count"] = (p, i, _) => p.ReturnCount[i],
        ["linearity"] = (p, i, _) => p.Linearity[i],
        ["planarity"] = (p, i, _) => p.Planarity[i],
        ["scattering"] = (p, i, _) => p.Scattering[i],
        ["verticality"] = (p, i, _) => p.Verticality[i],
        ["above_low_near"] = (p, i, _) => Length(p.Z[i] - p.LowNear[i]),
        ["below_high_near"] = (p, i, _) => Length(p.HighNear[i] - p.Z[i]),
        ["above_low_far"] = (p, i, _) => Length(p.Z[i] - p.LowFar[i]),
        ["below_high_far"] = (p, i, _) => Length(p.HighFar[i] - p.Z[i]),
        ["spacing"] = (p, i, _) => MathF.Log(p.Spacing[i]) / 2,
        ["block_spacing"] = (_, _, spacing) => MathF.Log(spacing) / 2,
    };

    /// <summary>The names that can be asked for.</summary>
    public static IReadOnlyCollection<string> Names => Channels.Keys;

    /// <summary>
    /// Fills <paramref name="values"/>, shape [<paramref name="indices"/>, <paramref name="features"/>], row by row.
    /// </summary>
    /// <exception cref="ArgumentException">A name is not of <see cref="Names"/>.</exception>
    public static void Fill(
        ThinnedPoints points, ReadOnlySpan<int> indices, float blockSpacing, IReadOnlyList<FeatureDescription> features, Span<float> values)
    {
        for (int c = 0; c < features.Count; c++)
        {
            if (!Channels.TryGetValue(features[c].Name, out Channel? channel))
                throw new ArgumentException($"Unknown feature '{features[c].Name}'; known are {string.Join(", ", Channels.Keys)}.", nameof(features));
            for (int i = 0, at = c; i < indices.Length; i++, at += features.Count) values[at] = channel(points, indices[i], blockSpacing);
        }
    }

    private static float Length(float metres) => MathF.Asinh(metres / 0.3f) / 4;
}
