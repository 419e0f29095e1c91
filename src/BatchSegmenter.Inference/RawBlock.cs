using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference;

/// <summary>One block as a network was trained on it: positions and features in one table.</summary>
/// <param name="Points">[<paramref name="Count"/>, channels] row-major, the channels being <see cref="NetworkDescription.PointChannels"/>.</param>
/// <param name="Count">Number of points, at least 1.</param>
/// <param name="Category">Id of the object's category; 0 for a network that asks for none.</param>
public sealed record RawBlock(ReadOnlyMemory<float> Points, int Count, int Category = 0)
{
    /// <summary>Joins positions and features as the network was trained on them.</summary>
    /// <param name="network">Tells whether the features begin with the positions.</param>
    /// <param name="positions">[points, 3].</param>
    /// <param name="features">[points, features].</param>
    public static RawBlock Of(NetworkDescription network, ReadOnlyMemory<float> positions, ReadOnlyMemory<float> features)
    {
        int count = positions.Length / 3;
        if (network is not PointNet2Description { PositionsAsFeatures: false }) return new RawBlock(features, count);
        float[] points = new float[positions.Length + features.Length];
        int width = network.Features;
        for (int i = 0; i < count; i++)
        {
            positions.Span.Slice(3 * i, 3).CopyTo(points.AsSpan(i * (3 + width)));
            features.Span.Slice(width * i, width).CopyTo(points.AsSpan(i * (3 + width) + 3));
        }
        return new RawBlock(points, count);
    }

    /// <summary>Takes positions and features apart again and computes the neighbourhoods, for a network that takes those.</summary>
    /// <param name="network">Tells whether the features begin with the positions.</param>
    public BlockTensors WithNeighbourhoods(PointNet2Description network)
    {
        int channels = network.PointChannels, skipped = channels - network.Features;
        float[] positions = new float[3 * Count];
        float[] features = new float[network.Features * Count];
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<float> point = Points.Span.Slice(i * channels, channels);
            point[..3].CopyTo(positions.AsSpan(3 * i));
            point[skipped..].CopyTo(features.AsSpan(network.Features * i));
        }
        return new BlockTensors(positions, features, Neighbourhoods.Compute(positions, network), Category);
    }
}
