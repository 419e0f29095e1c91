using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Pruning;
using BatchSegmenter.Onnx.Tests.Networks;

namespace BatchSegmenter.Onnx.Tests.Pruning;

/// <summary>What pruned networks compute is tested where the runtime is; this is what they are made of.</summary>
public sealed class NetworkPruningTests
{
    private static readonly PointNet2Description Network = new()
    {
        Features = 4,
        Classes = 3,
        Levels =
        [
            new() { Ratio = 0.25, Scales = [SampleNetworks.Scale(2.5f, 8, 32, 40, 48), SampleNetworks.Scale(5, 16, 20)] },
            new() { Ratio = 0.25, Scales = [SampleNetworks.Scale(5, 8, 64, 64)] },
        ],
        Propagation = [new() { Widths = [64, 48] }, new() { Widths = [32] }],
        Head = [32],
    };

    private static readonly PointNet2Weights Folded = GraphWeights.Read(PointNet2Graph.Rewritten(PointNet2Weights.Random(Network, 3)), Network, "network");

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.5)]
    [InlineData(0.2)]
    public void No_more_is_multiplied_than_asked_and_what_is_narrower_fills_vectors(double keep)
    {
        PrunedNetwork pruned = NetworkPruning.Prune(Folded, Independent(), keep, 1024);

        Assert.Equal(NetworkWork.MultiplyAdds(Network, 1024), pruned.WorkBefore);
        Assert.Equal(NetworkWork.MultiplyAdds(pruned.Weights.Description, 1024), pruned.WorkAfter);
        // One step of one width is not too much, two would have been.
        Assert.InRange(pruned.WorkAfter, (keep - 0.15) * pruned.WorkBefore, keep * pruned.WorkBefore);
        Assert.All(pruned.Widths, width => Assert.True(width.After == width.Before || (width.After < width.Before && width.After % NetworkPruning.Step == 0 && width.After > 0), $"{width}"));
        Assert.Equal(PrunableWidth.Of(pruned.Weights.Description).Select(width => (width.Layer, width.Width)), pruned.Widths.Select(width => (width.Layer, width.After)));
        Assert.All(pruned.Widths, width => Assert.Equal(width.After < width.Before, width.Change > 0));
        foreach (CheckpointLayer layer in pruned.Weights.Of([.. LayerShape.All(pruned.Weights.Description)]))
            Assert.Equal((layer.Shape.Inputs * layer.Shape.Outputs, layer.Shape.Outputs), (layer.Weight.Length, layer.Bias!.Length));
    }

    [Fact]
    public void Channels_that_nobody_can_replace_leave_the_others_weights_as_they_were()
    {
        PrunedNetwork pruned = NetworkPruning.Prune(Folded, Independent(), 0.9, 1024);

        // Every row that is left was a row of the layer before, with some of its inputs.
        CheckpointLayer before = Folded.Of([LayerShape.All(Network).Single(layer => layer.Name == "head.1")])[0];
        CheckpointLayer after = pruned.Weights.Of([LayerShape.All(pruned.Weights.Description).Single(layer => layer.Name == "head.1")])[0];
        Assert.True(after.Shape.Inputs <= before.Shape.Inputs);
        for (int output = 0; output < 3; output++)
        {
            float[] old = before.Weight[(output * before.Shape.Inputs)..((output + 1) * before.Shape.Inputs)];
            Assert.All(after.Weight[(output * after.Shape.Inputs)..((output + 1) * after.Shape.Inputs)], weight => Assert.Contains(old, it => Math.Abs(it - weight) < 1e-6));
        }
    }

    [Fact]
    public void There_is_a_least_that_can_be_kept()
    {
        double least = NetworkPruning.LeastShare(Network, 1024);

        Assert.InRange(least, 0.1, 0.2);
        Assert.All(NetworkPruning.Prune(Folded, Independent(), least, 1024).Widths, width => Assert.Equal(16, width.After));
        Assert.Throws<ArgumentOutOfRangeException>(() => NetworkPruning.Prune(Folded, Independent(), least * 0.99, 1024));
        Assert.Equal(1, NetworkPruning.LeastShare(PrunableWidth.Resize(Network, [.. PrunableWidth.Of(Network).Select(_ => 8)]), 1024));
    }

    /// <summary>Channels that have nothing to do with each other, of mean 0.</summary>
    private static NetworkStatistics Independent() => new(
        PrunableWidth.Of(Network).ToDictionary(width => width.Layer, width => Enumerable.Range(0, (width.Width + 1) * (width.Width + 1)).Select(i => i % (width.Width + 2) == 0 ? 1.0 : 0).ToArray()),
        LayerShape.All(Network).ToDictionary(layer => layer.Name, layer => new ChannelSpread(new double[layer.Outputs], [.. Enumerable.Repeat(1.0, layer.Outputs)])));
}
