using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// The feature channels that a bundle can ask for, by name, and how each is scaled for the network. Heights and reliefs pass through
/// asinh(h / 0.3 m) / 4, which keeps decimetres apart near zero and towers within range. <c>x</c>, <c>y</c>, <c>z</c> are the block's
/// coordinates, in its unit; <c>cloud_x</c> … where in the cloud's box a point lies, 0–1; <c>height</c> metres above the cloud's lowest point; colours and <c>intensity</c> 0–1. What a bundle
/// says of scale and offset is applied to that.
/// </summary>
public static class BlockFeatures
{
    private delegate float Channel(ThinnedPoints points, int i, in BlockFrame frame);

    /// <summary>The channels made of colour.</summary>
    internal static readonly string[] OfColor = ["red", "green", "blue"];

    /// <summary>The channels made of intensity.</summary>
    internal static readonly string[] OfIntensity = ["intensity", "intensity_rank"];

    /// <summary>The channels made of return numbers.</summary>
    internal static readonly string[] OfReturns = ["return_ratio", "return_count"];

    private static readonly Dictionary<string, Channel> Channels = new(StringComparer.Ordinal)
    {
        ["height_above_ground_18m"] = (p, i, in _) => Length(p.HeightNear[i]),
        ["height_above_ground_50m"] = (p, i, in _) => Length(p.HeightFar[i]),
        ["intensity_rank"] = (p, i, in _) => 2 * p.Intensity[i],
        ["return_ratio"] = (p, i, in _) => p.ReturnRatio[i],
        ["return_count"] = (p, i, in _) => p.ReturnCount[i],
        ["linearity"] = (p, i, in _) => p.Linearity[i],
        ["planarity"] = (p, i, in _) => p.Planarity[i],
        ["scattering"] = (p, i, in _) => p.Scattering[i],
        ["verticality"] = (p, i, in _) => p.Verticality[i],
        ["above_low_near"] = (p, i, in _) => Length(p.Z[i] - p.LowNear[i]),
        ["below_high_near"] = (p, i, in _) => Length(p.HighNear[i] - p.Z[i]),
        ["above_low_far"] = (p, i, in _) => Length(p.Z[i] - p.LowFar[i]),
        ["below_high_far"] = (p, i, in _) => Length(p.HighFar[i] - p.Z[i]),
        ["spacing"] = (p, i, in _) => MathF.Log(p.Spacing[i]) / 2,
        ["x"] = (p, i, in frame) => (float)((p.X[i] - frame.X) / frame.Unit),
        ["y"] = (p, i, in frame) => (float)((p.Y[i] - frame.Y) / frame.Unit),
        ["z"] = (p, i, in frame) => (float)((p.Z[i] - frame.Z) / frame.Unit),
        ["cloud_x"] = (p, i, in _) => p.CloudX![i],
        ["cloud_y"] = (p, i, in _) => p.CloudY![i],
        ["cloud_z"] = (p, i, in _) => p.CloudZ![i],
        ["height"] = (p, i, in _) => p.Height![i],
        ["red"] = (p, i, in _) => p.Red![i],
        ["green"] = (p, i, in _) => p.Green![i],
        ["blue"] = (p, i, in _) => p.Blue![i],
        ["intensity"] = (p, i, in _) => p.RawIntensity![i],
        ["block_spacing"] = (_, _, in frame) => MathF.Log(frame.Spacing) / 2,
    };

    /// <summary>The names that can be asked for.</summary>
    public static IReadOnlyCollection<string> Names => Channels.Keys;

    /// <summary>
    /// Fills <paramref name="values"/>, shape [<paramref name="indices"/>, <paramref name="features"/>], row by row.
    /// </summary>
    /// <exception cref="ArgumentException">A name is not of <see cref="Names"/>.</exception>
    public static void Fill(
        ThinnedPoints points, ReadOnlySpan<int> indices, in BlockFrame frame, IReadOnlyList<FeatureDescription> features, Span<float> values)
    {
        for (int c = 0; c < features.Count; c++)
        {
            if (!Channels.TryGetValue(features[c].Name, out Channel? channel))
                throw new ArgumentException($"Unknown feature '{features[c].Name}'; known are {string.Join(", ", Channels.Keys)}.", nameof(features));
            (double scale, double offset) = (features[c].Scale ?? 1, features[c].Offset ?? 0);
            bool asIs = scale == 1 && offset == 0;
            for (int i = 0, at = c; i < indices.Length; i++, at += features.Count)
            {
                float value = channel(points, indices[i], frame);
                values[at] = asIs ? value : (float)(value * scale + offset);
            }
        }
    }

    private static float Length(float metres) => MathF.Asinh(metres / 0.3f) / 4;
}

/// <summary>What block coordinates are measured from and in.</summary>
/// <param name="X">Origin in the tile's frame, metres.</param>
/// <param name="Y">Origin in the tile's frame, metres.</param>
/// <param name="Z">Origin in the tile's frame, metres.</param>
/// <param name="Unit">Metres.</param>
/// <param name="Spacing">Median spacing of the block's points, metres.</param>
public readonly record struct BlockFrame(double X, double Y, double Z, float Unit, float Spacing);
