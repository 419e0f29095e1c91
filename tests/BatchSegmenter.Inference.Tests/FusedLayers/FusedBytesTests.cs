using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Inference.FusedLayers;
using BatchSegmenter.Inference.Tests.Calibration;
using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Inference.Tests.FusedLayers;

/// <summary>Fused sessions of quantised networks against the runtime's own operators.</summary>
public sealed class FusedBytesTests : IDisposable
{
    /// <summary>Depths and widths that are no multiple of anything, and groups that fill no tile.</summary>
    private static readonly PointNet2Description Odd = new()
    {
        Features = 4,
        Classes = 3,
        Levels =
        [
            new() { Ratio = 0.25, RelativeByRadius = true, Scales = [SampleModels.Scale(2.5f, 9, 33, 45, 37, 67), SampleModels.Scale(5, 3, 50, 17)] },
            new() { Ratio = 0.25, RelativeByRadius = true, Scales = [SampleModels.Scale(5, 16, 130, 39, 20)] },
        ],
        Propagation = [new() { Widths = [70, 41, 35] }, new() { Widths = [34, 33] }],
        Head = [40],
    };

    private static readonly Func<LinearNode, bool>[] Choices =
    [
        _ => true,
        layer => layer.Pooling is null,
        layer => layer.Pooling is not null,
        layer => layer.Name.Contains(".1.linear", StringComparison.Ordinal),
        layer => layer.Name.Contains(".2.linear", StringComparison.Ordinal),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, 600)]
    [InlineData(0, 1)]
    [InlineData(0, 13)]
    [InlineData(1, 600)]
    [InlineData(2, 600)]
    [InlineData(3, 600)]
    [InlineData(4, 600)]
    public void Scores_are_those_of_the_runtimes_operators(int choice, int points)
    {
        ModelBundle bundle = Bundle(Odd, Choices[choice]);
        using SegmentationModel fused = SegmentationModel.Load(bundle), usual = SegmentationModel.Load(bundle, new SegmentationModelOptions { IsFused = false });
        (int all, int far) = (0, 0);
        for (int seed = 1; seed <= 4; seed++)
        {
            float[] expected = Scores(usual, SampleModels.Block(Odd, points, seed)), found = Scores(fused, SampleModels.Block(Odd, points, seed));
            float spread = expected.Max() - expected.Min();
            Assert.True(spread > 0.1f);
            // Sums of bytes are exact, but products with their scales are rounded once here and twice there: a number between two bytes may fall to the other one. Few do, as
            // the steps are powers of two, by which both divide exactly; and each moves what it meets by no more than such a step may.
            far += expected.Zip(found).Count(pair => Math.Abs(pair.First - pair.Second) > 1e-5f * spread);
            all += expected.Length;
            Assert.Equal(expected, found, (a, b) => Math.Abs(a - b) <= 0.02f * spread);
        }
        Assert.InRange((double)far / all, 0, 0.01);
    }

    [SkippableFact]
    public void The_runtime_executes_them()
    {
        Skip.IfNot(LayerTile.IsSupported, "needs AVX2");
        IReadOnlyList<ExecutedNode> nodes = ExecutedNode.Of(Bundle(Odd, Choices[0]), new SegmentationModelOptions(), model => Scores(model, SampleModels.Block(Odd, 600, 1)));

        Assert.Equal((3, 2), (nodes.Count(node => node.Operator == FusedOperator.GroupedLayers), nodes.Count(node => node.Operator == FusedOperator.InterpolatedLayers)));
        Assert.DoesNotContain(nodes, node => node.Operator is "QLinearMatMul" or "NhwcMaxPool" or "Transpose");
        // Rows, inputs filled up to a multiple of eight, outputs.
        ExecutedNode first = nodes.Single(node => node.Operator == FusedOperator.GroupedLayers && node.Outputs[0][1] == 67);
        Assert.Equal([new MatrixProduct(150 * 9, 40, 45), new MatrixProduct(150 * 9, 48, 37), new MatrixProduct(150 * 9, 40, 67)], first.Products);
    }

    private static float[] Scores(SegmentationModel model, BlockTensors block)
    {
        using BlockBatch batch = new(block);
        float[] scores = new float[batch.Rows * model.ClassCount];
        model.Run(batch, scores);
        return scores;
    }

    private ModelBundle Bundle(PointNet2Description network, Func<LinearNode, bool> which) => WideNetwork.Write(
        _folder["bundle"], network, graph => GraphQuantization.Apply(graph, LinearNode.Find(graph).Where(which).ToDictionary(layer => layer, ScalesOf)));

    private static LayerScales ScalesOf(LinearNode layer) => new(
        new Int8Scale(1 / 32f, layer.Name.EndsWith(".point", StringComparison.Ordinal) ? (byte)128 : (byte)0),
        layer.Pooling is null ? null : new Int8Scale(1 / 32f, 100),
        layer.Outputs % 2 == 0 ? Int8Weights.Largest : Int8Weights.LargestInFours);
}
