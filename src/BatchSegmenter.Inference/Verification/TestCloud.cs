using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Verification;

/// <summary>
/// Made-up points to compare networks on: a floor, two walls, boxes and loose points, about as wide as ten of the network's smallest radii, so
/// that groups are full in some places and nearly empty in others. The same arguments give the same points.
/// </summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Points">[<paramref name="Count"/>, channels of the network], positions first.</param>
/// <param name="Count">Number of points.</param>
/// <param name="Category">Object category; −1 where the network asks for none.</param>
public sealed record TestCloud(string Name, float[] Points, int Count, int Category)
{
    /// <summary>The points as a network takes them.</summary>
    internal RawBlock Block => new(Points, Count, Math.Max(Category, 0));

    /// <summary>Makes a cloud.</summary>
    /// <param name="network">Whose channels and radii the points are for.</param>
    /// <param name="count">Number of points, at least 1.</param>
    /// <param name="seed">Different seeds give different points.</param>
    public static TestCloud Of(NetworkDescription network, int count, int seed)
    {
        Random random = new(seed);
        float width = 10 * SmallestRadius(network);
        int channels = network.PointChannels;
        float[] points = new float[count * channels];
        for (int i = 0; i < count; i++)
        {
            Span<float> point = points.AsSpan(i * channels, channels);
            for (int c = 0; c < channels; c++) point[c] = random.NextSingle();
            if (network is ForeignNetworkDescription) continue;
            (float x, float y, float z) = Place(random);
            (point[0], point[1], point[2]) = ((x - 0.5f) * width, (y - 0.5f) * width, z * width);
        }
        int category = network.Categories > 0 ? seed % network.Categories : -1;
        return new TestCloud(FormattableString.Invariant($"{count} made-up points (seed {seed}{(category < 0 ? "" : $", category {category}")})"), points, count, category);
    }

    private static float SmallestRadius(NetworkDescription network)
    {
        if (network is not PointNet2Description pointNet2) return 0.1f;
        float[] radii = [.. pointNet2.Levels.Where(level => !level.All).SelectMany(level => level.Scales).Select(scale => scale.Radius)];
        return radii.Length == 0 ? 0.1f : radii.Min();
    }

    /// <summary>A place in the unit cube.</summary>
    private static (float X, float Y, float Z) Place(Random random)
    {
        (float a, float b, float jitter) = (random.NextSingle(), random.NextSingle(), 0.01f * random.NextSingle());
        return random.Next(6) switch
        {
            0 or 1 => (a, b, jitter),
            2 => (jitter, a, b),
            3 => (a, 1 - jitter, b),
            4 => (0.4f + 0.2f * a, 0.5f + 0.2f * b, 0.3f + jitter),
            _ => (a, b, random.NextSingle()),
        };
    }
}
