using BatchSegmenter.Inference.Calibration;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Inference.Tests.Calibration;

public sealed class NetworkQuantizationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Blocks_that_it_has_not_seen_score_nearly_as_in_float()
    {
        ModelBundle bundle = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels);
        QuantizedNetwork quantized = NetworkQuantization.Quantize(bundle, WideNetwork.Blocks(WideNetwork.TwoLevels, 6));
        // An untrained network is sure of little; some of its layers may have to stay.
        Assert.Equal(LinearNode.Find(bundle.Graph).Select(layer => layer.Name), quantized.Layers.Select(layer => layer.Name));
        Assert.InRange(quantized.Layers.Count(layer => layer.Quantized), 5, 9);

        (float largest, double agreement, float spread) = Compare(bundle.Graph, quantized.Graph, WideNetwork.Blocks(WideNetwork.TwoLevels, 4, firstSeed: 100));

        Assert.InRange(largest, 1e-6f, 0.1f * spread);
        Assert.InRange(agreement, 0.98, 1);
    }

    [Fact]
    public void Gives_the_same_again()
    {
        ModelBundle bundle = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels);
        List<BlockTensors> blocks = WideNetwork.Blocks(WideNetwork.TwoLevels, 2);

        QuantizedNetwork first = NetworkQuantization.Quantize(bundle, blocks), second = NetworkQuantization.Quantize(bundle, blocks);

        Assert.Equal(Onnx.Serialization.OnnxWriter.Write(first.Graph), Onnx.Serialization.OnnxWriter.Write(second.Graph));
    }

    [Fact]
    public void A_layer_that_outliers_spoil_stays_in_float()
    {
        ModelBundle bundle = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels, WideNetwork.WithOutliers);
        QuantizedNetwork quantized = NetworkQuantization.Quantize(bundle, WideNetwork.Blocks(WideNetwork.TwoLevels, 4));

        LayerFinding spoilt = Assert.Single(quantized.Layers, layer => layer.Name == "levels.0.0.2.linear");
        Assert.False(spoilt.Quantized);
        Assert.Equal(spoilt, quantized.Layers.MaxBy(layer => layer.LabelChange));
        Assert.True(spoilt.LabelChange > NetworkQuantization.MostLabelChangeOfLayer);
        Assert.InRange(quantized.LabelChange, 0, NetworkQuantization.MostLabelChange);
        (_, double agreement, _) = Compare(bundle.Graph, quantized.Graph, WideNetwork.Blocks(WideNetwork.TwoLevels, 4, firstSeed: 100));
        Assert.InRange(agreement, 0.98, 1);
    }

    [Fact]
    public void Where_no_layer_is_left_it_is_refused()
    {
        ModelBundle bundle = WideNetwork.Write(_folder["float"], WideNetwork.OneLayer, WideNetwork.WithOutliers, seed: 7);
        InvalidModelBundleException refused = Assert.Throws<InvalidModelBundleException>(() => NetworkQuantization.Quantize(bundle, WideNetwork.Blocks(WideNetwork.OneLayer, 4)));
        Assert.Contains("can't be quantised: each of its 1 layers", refused.Message);
    }

    [Fact]
    public void A_network_of_narrow_layers_is_refused()
    {
        ModelBundle bundle = WideNetwork.Write(_folder["float"], SampleModels.TwoLevels);
        InvalidModelBundleException refused = Assert.Throws<InvalidModelBundleException>(() => NetworkQuantization.Quantize(bundle, WideNetwork.Blocks(SampleModels.TwoLevels, 1)));
        Assert.Contains("no linear layer of at least 32 to 16 channels", refused.Message);
    }

    [Theory]
    [InlineData("four levels")]
    [InlineData("residual")]
    public void Other_shapes_of_network_run(string name)
    {
        PointNet2Description network = SampleModels.All[name];
        ModelBundle bundle = WideNetwork.Write(_folder["float"], network);
        OnnxGraph quantized = All(bundle, 40);

        (float largest, _, float spread) = Compare(bundle.Graph, quantized, [SampleModels.Block(network, 1500, 3)]);

        Assert.InRange(largest, 1e-7f, 0.25f * spread);
    }

    [Fact]
    public void Groups_of_a_size_known_only_at_run_time_are_pooled_too()
    {
        PointNet2Description network = SampleModels.Whole with
        {
            Levels = [SampleModels.Whole.Levels[0] with { Scales = [SampleModels.Scale(2.5f, 8, 32, 32)] }, new() { All = true, Scales = [new() { Widths = [32, 48] }] }],
        };
        ModelBundle bundle = WideNetwork.Write(_folder["float"], network);
        OnnxGraph quantized = All(bundle, 40);
        Assert.Contains(quantized.Nodes, node => node is { Operator: "ReduceMax", Name: "levels.1.0.max.int8" });

        (float largest, _, float spread) = Compare(bundle.Graph, quantized, WideNetwork.Blocks(network, 3));

        Assert.InRange(largest, 1e-7f, 0.25f * spread);
    }

    /// <summary>Every layer in bytes, with scales for numbers up to a limit.</summary>
    private static OnnxGraph All(ModelBundle bundle, float limit) => GraphQuantization.Apply(
        bundle.Graph,
        LinearNode.Find(bundle.Graph).ToDictionary(layer => layer, layer => new LayerScales(Int8Scale.Of(-limit, limit), layer.Pooling is null ? null : Int8Scale.Of(-limit, limit))));

    private static (float Largest, double Agreement, float Spread) Compare(OnnxGraph expected, OnnxGraph found, List<BlockTensors> blocks)
    {
        using CalibrationSession one = new(expected), other = new(found);
        (float largest, float least, float greatest, int rows, int equal) = (0, float.MaxValue, float.MinValue, 0, 0);
        foreach (BlockTensors block in blocks)
        {
            (float[] a, float[] b) = (one.Run(block)[PointNet2Graph.Scores], other.Run(block)[PointNet2Graph.Scores]);
            Assert.Equal(a.Length, b.Length);
            int classes = block.Neighbourhoods.Description.Classes;
            for (int i = 0; i < a.Length; i++) (largest, least, greatest) = (Math.Max(largest, Math.Abs(a[i] - b[i])), Math.Min(least, a[i]), Math.Max(greatest, a[i]));
            for (int row = 0; row < a.Length; row += classes, rows++)
                if (Best(a.AsSpan(row, classes)) == Best(b.AsSpan(row, classes))) equal++;
        }
        return (largest, (double)equal / rows, greatest - least);
    }

    private static int Best(ReadOnlySpan<float> scores) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(scores);
}
