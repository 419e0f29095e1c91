using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Onnx.Pruning;

/// <summary>A layer that reads channels.</summary>
/// <param name="Layer">Its canonical name.</param>
/// <param name="Offset">The input channel at which they begin.</param>
public readonly record struct ChannelReader(string Layer, int Offset);

/// <summary>A width of a network of which channels can be removed: what one hidden layer gives, and who reads it.</summary>
/// <param name="Layer">The layer's canonical name.</param>
/// <param name="Tensor">What its readers read, in <see cref="PointNet2Graph.Plain"/>: after ReLU, and pooled where it is the last of its level.</param>
/// <param name="Width">Channels.</param>
/// <param name="Readers">Every layer that reads them. What a level gives is read by the next level and by the propagation back to it.</param>
public sealed record PrunableWidth(string Layer, string Tensor, int Width, IReadOnlyList<ChannelReader> Readers)
{
    /// <summary>All widths of a network, in the order of its description: levels, propagation, head.</summary>
    /// <param name="network">A segmentation network of plain levels.</param>
    public static IReadOnlyList<PrunableWidth> Of(PointNet2Description network)
    {
        List<PrunableWidth> widths = [];
        for (int level = 0; level < network.Levels.Count; level++)
        {
            int before = 0;
            for (int scale = 0; scale < network.Levels[level].Scales.Count; scale++)
            {
                IReadOnlyList<int> chain = network.Levels[level].Scales[scale].Widths;
                Add($"levels.{level}.{scale}", chain, $"levels.{level}.{scale}.pooled", OfLevel(network, level, before));
                before += chain[^1];
            }
        }

        for (int step = 0; step < network.Propagation.Count; step++)
        {
            ChannelReader next = step + 1 < network.Propagation.Count ? new($"propagation.{step + 1}.0", network.SkipWidth(step + 1)) : new("head.0", 0);
            IReadOnlyList<int> chain = network.Propagation[step].Widths;
            Add($"propagation.{step}", chain, $"propagation.{step}.{chain.Count - 1}.relu", [next]);
        }

        int head = network.Head.Count;
        if (head > 0) Add("head", network.Head, $"head.{head - 1}.relu", [new($"head.{head}", 0)]);
        return widths;

        void Add(string prefix, IReadOnlyList<int> chain, string last, IReadOnlyList<ChannelReader> readers)
        {
            for (int i = 0; i < chain.Count; i++)
            {
                bool isLast = i == chain.Count - 1;
                widths.Add(new PrunableWidth($"{prefix}.{i}", isLast ? last : $"{prefix}.{i}.relu", chain[i], isLast ? readers : [new($"{prefix}.{i + 1}", 0)]));
            }
        }
    }

    /// <summary>The network with other widths.</summary>
    /// <param name="network">The network.</param>
    /// <param name="widths">As many as <see cref="Of"/> gives, in its order.</param>
    public static PointNet2Description Resize(PointNet2Description network, IReadOnlyList<int> widths)
    {
        int taken = 0;
        return network with
        {
            Levels = [.. network.Levels.Select(level => level with { Scales = [.. level.Scales.Select(scale => scale with { Widths = Take(scale.Widths) })] })],
            Propagation = [.. network.Propagation.Select(step => step with { Widths = Take(step.Widths) })],
            Head = Take(network.Head),
        };

        int[] Take(IReadOnlyList<int> old) => [.. old.Select(_ => widths[taken++])];
    }

    private static List<ChannelReader> OfLevel(PointNet2Description network, int level, int offset)
    {
        int above = network.Levels.Count - 1 - level;
        // The coarsest level is where propagation begins.
        if (above == 0) return [new("propagation.0.0", network.SkipWidth(0) + offset)];
        List<ChannelReader> readers = [.. network.Levels[level + 1].Scales.Select((_, scale) => new ChannelReader($"levels.{level + 1}.{scale}.0", 3 + offset))];
        if (network.Propagation[above - 1].Skip) readers.Add(new($"propagation.{above - 1}.0", offset));
        return readers;
    }
}
