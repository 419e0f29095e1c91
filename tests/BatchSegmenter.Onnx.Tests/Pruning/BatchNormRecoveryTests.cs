using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Pruning;
using BatchSegmenter.Onnx.Tests.Networks;

namespace BatchSegmenter.Onnx.Tests.Pruning;

public sealed class BatchNormRecoveryTests
{
    [Fact]
    public void The_norms_have_the_statistics_measured_and_change_nothing()
    {
        PointNet2Description network = SampleNetworks.TwoLevels();
        PointNet2Weights folded = GraphWeights.Read(PointNet2Graph.Rewritten(PointNet2Weights.Random(network, 3)), network, "network");
        NetworkStatistics statistics = new(
            new Dictionary<string, double[]>(),
            LayerShape.All(network).ToDictionary(layer => layer.Name, layer => new ChannelSpread([.. Enumerable.Range(0, layer.Outputs).Select(i => 0.3 * i - 1)], [.. Enumerable.Range(0, layer.Outputs).Select(i => 0.2 * i)])));

        PointNet2Weights recovered = BatchNormRecovery.Recover(folded, statistics);

        LayerShape[] shapes = [.. LayerShape.All(network)];
        foreach ((CheckpointLayer before, CheckpointLayer after) in folded.Of(shapes).Zip(recovered.Of(shapes)))
        {
            Assert.Equal(before.Shape.Normalized, after.Norm is not null);
            (LinearLayer expected, LinearLayer found) = (before.Fold(), after.Fold());
            for (int i = 0; i < expected.Weight.Length; i++) Assert.Equal(expected.Weight[i], found.Weight[i], 1e-6);
            for (int i = 0; i < expected.Bias.Length; i++) Assert.Equal(expected.Bias[i], found.Bias[i], 1e-6);
            if (after.Norm is null) continue;
            // What the linear part alone gives, as the trainer counts it: less the bias that there was.
            for (int i = 0; i < before.Shape.Outputs; i++)
            {
                Assert.Equal(0.3 * i - 1 - before.Bias![i], after.Norm.RunningMean[i], 1e-5);
                Assert.Equal(0.2 * i, after.Norm.RunningVariance[i], 1e-5);
            }
        }
    }
}
