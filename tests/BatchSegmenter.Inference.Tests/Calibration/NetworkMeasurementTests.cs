using BatchSegmenter.Inference.Calibration;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Pruning;

namespace BatchSegmenter.Inference.Tests.Calibration;

public sealed class NetworkMeasurementTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Second_moments_and_spreads_are_those_of_the_tensors()
    {
        PointNet2Weights weights = Folded(WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels));
        List<BlockTensors> blocks = WideNetwork.Blocks(WideNetwork.TwoLevels, 2);

        NetworkStatistics found = NetworkMeasurement.Measure(weights, blocks);

        // 600 points and less are all taken: the head, what reads propagation, and the last level's 38 samples.
        using CalibrationSession session = new(PointNet2Graph.Plain(weights), "head.0.relu", "head.0.biased", "levels.1.0.pooled");
        List<Dictionary<string, float[]>> seen = [.. blocks.Select(session.Run)];
        foreach ((string layer, string tensor, int width) in ((string, string, int)[])[("head.0", "head.0.relu", 32), ("levels.1.0.1", "levels.1.0.pooled", 64)])
        {
            double[][] rows = [.. seen.SelectMany(block => block[tensor].Chunk(width)).Select(row => row.Select(value => (double)value).Append(1).ToArray())];
            double[] moments = found.Moments[layer];
            Assert.Equal((width + 1) * (width + 1), moments.Length);
            foreach ((int a, int b) in ((int, int)[])[(0, 0), (3, 17), (17, 3), (5, width), (width, 5), (width, width)])
                Assert.Equal(rows.Average(row => row[a] * row[b]), moments[a * (width + 1) + b], 1e-6);
        }

        double[][] before = [.. seen.SelectMany(block => block["head.0.biased"].Chunk(32)).Select(row => row.Select(value => (double)value).ToArray())];
        double mean = before.Average(row => row[7]);
        Assert.Equal(mean, found.Layers["head.0"].Mean[7], 1e-6);
        Assert.Equal(before.Average(row => Math.Pow(row[7] - mean, 2)), found.Layers["head.0"].Variance[7], 1e-6);
        Assert.Equal(PrunableWidth.Of(weights.Description).Select(width => width.Layer).Append("head.1"), found.Layers.Keys);
        Assert.Equal(PrunableWidth.Of(weights.Description).Select(width => width.Layer), found.Moments.Keys);
    }

    [Fact]
    public void Takes_at_least_one_block() =>
        Assert.Throws<ArgumentException>(() => NetworkMeasurement.Measure(Folded(WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels)), []));

    private static PointNet2Weights Folded(ModelBundle bundle) => BundlePruning.Weights(bundle);
}
