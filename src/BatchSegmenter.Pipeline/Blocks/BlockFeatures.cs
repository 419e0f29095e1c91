using System.Buffers;
using System.Numerics.Tensors;
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
    /// <summary>Metres below which a length passes through nearly as it is.</summary>
    private const float LinearBelow = 0.3f;

    /// <summary>Computes a channel of some points.</summary>
    private delegate void Channel(ThinnedPoints points, ReadOnlySpan<int> indices, in BlockFrame frame, Span<float> values);

    private delegate double Origin(in BlockFrame frame);

    /// <summary>The channels made of colour.</summary>
    internal static readonly string[] OfColor = ["red", "green", "blue"];

    /// <summary>The channels made of intensity.</summary>
    internal static readonly string[] OfIntensity = ["intensity", "intensity_rank"];

    /// <summary>The channels made of return numbers.</summary>
    internal static readonly string[] OfReturns = ["return_ratio", "return_count"];

    private static readonly Dictionary<string, Channel> Channels = new(StringComparer.Ordinal)
    {
        ["height_above_ground_18m"] = Length(p => p.HeightNear),
        ["height_above_ground_50m"] = Length(p => p.HeightFar),
        ["intensity_rank"] = Times(2, p => p.Intensity),
        ["return_ratio"] = Times(1, p => p.ReturnRatio),
        ["return_count"] = Times(1, p => p.ReturnCount),
        ["linearity"] = Times(1, p => p.Linearity),
        ["planarity"] = Times(1, p => p.Planarity),
        ["scattering"] = Times(1, p => p.Scattering),
        ["verticality"] = Times(1, p => p.Verticality),
        ["above_low_near"] = Length(p => p.Z, p => p.LowNear),
        ["below_high_near"] = Length(p => p.HighNear, p => p.Z),
        ["above_low_far"] = Length(p => p.Z, p => p.LowFar),
        ["below_high_far"] = Length(p => p.HighFar, p => p.Z),
        ["spacing"] = HalfLogarithm(p => p.Spacing),
        ["x"] = Coordinate(p => p.X, (in it) => it.X),
        ["y"] = Coordinate(p => p.Y, (in it) => it.Y),
        ["z"] = Coordinate(p => p.Z, (in it) => it.Z),
        ["cloud_x"] = Times(1, p => p.CloudX!),
        ["cloud_y"] = Times(1, p => p.CloudY!),
        ["cloud_z"] = Times(1, p => p.CloudZ!),
        ["height"] = Times(1, p => p.Height!),
        ["red"] = Times(1, p => p.Red!),
        ["green"] = Times(1, p => p.Green!),
        ["blue"] = Times(1, p => p.Blue!),
        ["intensity"] = Times(1, p => p.RawIntensity!),
        ["block_spacing"] = (_, _, in frame, values) => values.Fill(MathF.Log(frame.Spacing) / 2),
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
        float[] rented = ArrayPool<float>.Shared.Rent(indices.Length);
        Span<float> column = rented.AsSpan(0, indices.Length);
        for (int c = 0; c < features.Count; c++)
        {
            if (!Channels.TryGetValue(features[c].Name, out Channel? channel))
                throw new ArgumentException($"Unknown feature '{features[c].Name}'; known are {string.Join(", ", Channels.Keys)}.", nameof(features));
            (double scale, double offset) = (features[c].Scale ?? 1, features[c].Offset ?? 0);
            channel(points, indices, frame, column);
            if (scale != 1 || offset != 0)
                foreach (ref float value in column) value = (float)(value * scale + offset);
            for (int i = 0, at = c; i < column.Length; i++, at += features.Count) values[at] = column[i];
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    private static Channel Times(float factor, Func<ThinnedPoints, float[]> of) => (points, indices, in _, values) =>
    {
        float[] all = of(points);
        for (int i = 0; i < indices.Length; i++) values[i] = factor * all[indices[i]];
    };

    private static Channel Length(Func<ThinnedPoints, float[]> of) => (points, indices, in _, values) =>
    {
        float[] all = of(points);
        for (int i = 0; i < indices.Length; i++) values[i] = all[indices[i]];
        Squeeze(values);
    };

    private static Channel Length(Func<ThinnedPoints, float[]> to, Func<ThinnedPoints, float[]> from) => (points, indices, in _, values) =>
    {
        (float[] upper, float[] lower) = (to(points), from(points));
        for (int i = 0; i < indices.Length; i++) values[i] = upper[indices[i]] - lower[indices[i]];
        Squeeze(values);
    };

    private static Channel HalfLogarithm(Func<ThinnedPoints, float[]> of) => (points, indices, in _, values) =>
    {
        float[] all = of(points);
        for (int i = 0; i < indices.Length; i++) values[i] = all[indices[i]];
        TensorPrimitives.Log(values, values);
        TensorPrimitives.Multiply(values, 0.5f, values);
    };

    private static Channel Coordinate(Func<ThinnedPoints, float[]> of, Origin origin) => (points, indices, in frame, values) =>
    {
        (float[] all, double from) = (of(points), origin(frame));
        for (int i = 0; i < indices.Length; i++) values[i] = (float)((all[indices[i]] - from) / frame.Unit);
    };

    /// <summary>asinh(h / 0.3 m) / 4 as sign(h) · log(|h| + √(h² + 1)) / 4, many at a time.</summary>
    private static void Squeeze(Span<float> metres)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(metres.Length);
        Span<float> lengths = rented.AsSpan(0, metres.Length);
        TensorPrimitives.Divide(metres, LinearBelow, metres);
        TensorPrimitives.Multiply(metres, metres, lengths);
        TensorPrimitives.Add(lengths, 1, lengths);
        TensorPrimitives.Sqrt(lengths, lengths);
        for (int i = 0; i < lengths.Length; i++) lengths[i] += Math.Abs(metres[i]);
        TensorPrimitives.Log(lengths, lengths);
        TensorPrimitives.Multiply(lengths, 0.25f, lengths);
        TensorPrimitives.CopySign(lengths, metres, metres);
        ArrayPool<float>.Shared.Return(rented);
    }
}

/// <summary>What block coordinates are measured from and in.</summary>
/// <param name="X">Origin in the tile's frame, metres.</param>
/// <param name="Y">Origin in the tile's frame, metres.</param>
/// <param name="Z">Origin in the tile's frame, metres.</param>
/// <param name="Unit">Metres.</param>
/// <param name="Spacing">Median spacing of the block's points, metres.</param>
public readonly record struct BlockFrame(double X, double Y, double Z, float Unit, float Spacing);
