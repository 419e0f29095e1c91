using BatchSegmenter.Inference.Calibration;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Inference.Tests.Calibration;

/// <summary>What networks in half precision compute.</summary>
public sealed class HalfPrecisionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("two levels")]
    [InlineData("residual")]
    [InlineData("global")]
    [InlineData("parts")]
    public void Scores_are_nearly_those_of_single_precision(string name)
    {
        PointNet2Description network = SampleModels.All[name];
        OnnxGraph graph = PointNet2Graph.Rewritten(PointNet2Weights.Random(network, 3));
        BlockTensors block = SampleModels.Block(network, 700, 5);
        float[] expected = Scores(graph, block), half = Scores(HalfPrecision.Apply(graph, HalfPrecision.Layers(graph)), block), imitated = Scores(HalfPrecision.Imitate(graph, HalfPrecision.Layers(graph)), block);
        float spread = expected.Max() - expected.Min();

        foreach (float[] found in (float[][])[half, imitated])
            Assert.InRange(expected.Zip(found).Max(pair => Math.Abs(pair.First - pair.Second)), 1e-6 * spread, 0.05 * spread);
    }

    [Fact]
    public void The_imitation_rounds_every_result_as_half_precision_has_it()
    {
        OnnxGraph graph = PointNet2Graph.Rewritten(PointNet2Weights.Random(WideNetwork.TwoLevels, 3));
        string[] inner = ["levels.0.0.0.point", "levels.0.0.0.sample", "levels.0.0.0.linear", "levels.0.0.1.linear", "levels.1.0.pooled", "propagation.1.interpolated", "head.0.relu"];
        using CalibrationSession session = new(HalfPrecision.Imitate(graph, HalfPrecision.Layers(graph)), inner);

        Dictionary<string, float[]> seen = session.Run(WideNetwork.Blocks(WideNetwork.TwoLevels, 1)[0]);

        foreach (string tensor in inner.Append(PointNet2Graph.Scores))
        {
            Assert.Contains(seen[tensor], value => value != 0);
            // Below its normal numbers half precision has fewer digits than the imitation keeps.
            Assert.All(seen[tensor].Where(value => Math.Abs(value) > 6.2e-5), value => Assert.Equal(value, (float)(Half)value));
        }
        // Without it they are other numbers.
        using CalibrationSession single = new(graph, inner);
        Assert.Contains(single.Run(WideNetwork.Blocks(WideNetwork.TwoLevels, 1)[0])["head.0.relu"], value => value != (float)(Half)value);
    }

    [Fact]
    public void A_layer_that_half_precision_cannot_hold_stays_in_single_precision()
    {
        // Channels of 1e5 and more are infinite, and what reads them gives numbers that are none.
        ModelBundle bundle = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels, WideNetwork.WithOutliers);

        QuantizedNetwork network = NetworkQuantization.Halve(bundle, WideNetwork.Blocks(WideNetwork.TwoLevels, 2));

        Assert.Contains("levels.0.0.1.linear", network.Layers.Where(layer => !layer.Quantized).Select(layer => layer.Name));
        Assert.Contains(network.Layers, layer => layer.Quantized);
        Assert.InRange(network.LabelChange, 0, NetworkQuantization.MostLabelChange);
        Assert.All(network.Layers, layer => Assert.Equal((null, null), (layer.Scale, layer.ZeroPoint)));
        Assert.DoesNotContain(network.Graph.Initializers, tensor => tensor is { Name: "levels.0.0.1.linear.weight.half" });
        Assert.Contains(network.Graph.Initializers, tensor => tensor.Type == ElementType.Float16);
    }

    [Fact]
    public void Takes_at_least_one_block() => Assert.Throws<ArgumentException>(() => NetworkQuantization.Halve(WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels), []));

    private static float[] Scores(OnnxGraph graph, BlockTensors block)
    {
        using CalibrationSession session = new(graph);
        return session.Run(block)[PointNet2Graph.Scores];
    }
}
