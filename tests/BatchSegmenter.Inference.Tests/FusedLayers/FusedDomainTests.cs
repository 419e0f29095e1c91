using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Inference.FusedLayers;
using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Networks;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Tests.FusedLayers;

/// <summary>Fused sessions against the runtime's own operators.</summary>
public sealed class FusedDomainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int> NetworksAndSizes => new()
    {
        { "two levels", 300 },
        { "two levels", 1 },
        { "four levels", 2048 },
        { "residual", 300 },
        { "residual", 3 },
        { "global maximum", 77 },
        { "parts", 300 },
        { "whole", 300 },
    };

    [Theory]
    [MemberData(nameof(NetworksAndSizes))]
    public void Scores_are_those_of_the_runtimes_operators(string network, int points)
    {
        PointNet2Description description = SampleModels.All[network];
        ModelBundle bundle = Bundle(description);
        using SegmentationModel fused = SegmentationModel.Load(bundle), usual = SegmentationModel.Load(bundle, new SegmentationModelOptions { IsFused = false });
        for (int seed = 1; seed <= 3; seed++)
        {
            float[] expected = Scores(usual, SampleModels.Block(description, points, seed)), found = Scores(fused, SampleModels.Block(description, points, seed));
            Assert.Contains(expected, score => Math.Abs(score) > 0.1f);
            // Sums of up to 512 products, whose order is the runtime's own there.
            Assert.Equal(expected, found, (a, b) => Math.Abs(a - b) <= 2e-6f * Math.Max(1, Math.Abs(a)));
        }
    }

    [Fact]
    public void Groups_that_are_no_multiple_of_a_tile_are_filled_up()
    {
        PointNet2Description odd = SampleModels.TwoLevels with { Levels = [SampleModels.TwoLevels.Levels[0] with { Scales = [SampleModels.Scale(5, 5, 8, 40, 33), SampleModels.Scale(5, 1, 6)] }, SampleModels.TwoLevels.Levels[1]] };
        ModelBundle bundle = Bundle(odd);
        using SegmentationModel fused = SegmentationModel.Load(bundle), usual = SegmentationModel.Load(bundle, new SegmentationModelOptions { IsFused = false });
        BlockTensors block = SampleModels.Block(odd, 203, 1);
        Assert.Equal(Scores(usual, block), Scores(fused, block), (a, b) => Math.Abs(a - b) <= 2e-6f);
    }

    /// <summary>From groups of a single point to full ones, whose rows are packed one group behind the other; a neighbour may also come again before the end.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Groups_may_have_any_number_of_neighbours(int seed)
    {
        PointNet2Description network = SampleModels.TwoLevels with { Levels = [SampleModels.TwoLevels.Levels[0] with { Scales = [SampleModels.Scale(5, 37, 8, 40, 33), SampleModels.Scale(5, 9, 6)] }, SampleModels.TwoLevels.Levels[1]] };
        ModelBundle bundle = Bundle(network);
        using SegmentationModel fused = SegmentationModel.Load(bundle), usual = SegmentationModel.Load(bundle, new SegmentationModelOptions { IsFused = false });
        BlockTensors block = SampleModels.Block(network, 900, seed);
        Random random = new(seed);
        foreach ((int level, int scale) in new[] { (1, 0), (1, 1), (2, 0) })
        {
            Span<int> neighbors = block.Neighbourhoods.Neighbors(level, scale).Span;
            int k = block.Neighbourhoods.NeighborCount(level, scale), points = block.Neighbourhoods.PointCount(level - 1);
            for (int group = 0; group < neighbors.Length / k; group++)
            {
                Span<int> own = neighbors.Slice(group * k, k);
                for (int i = 0; i < k; i++) own[i] = random.Next(points);
                own[random.Next(1, k + 1)..].Fill(own[0]);
                own[random.Next(k)] = own[0];
            }
        }
        Assert.Equal(Scores(usual, block), Scores(fused, block), (a, b) => Math.Abs(a - b) <= 2e-6f * Math.Max(1, Math.Abs(a)));
    }

    [SkippableTheory]
    [InlineData("two levels", FusedOperator.GroupedLayers, 2)]
    [InlineData("two levels", FusedOperator.LargestNeighbors, 1)]
    [InlineData("two levels", FusedOperator.InterpolatedLayers, 2)]
    [InlineData("four levels", FusedOperator.GroupedLayers, 4)]
    [InlineData("residual", FusedOperator.LargestNeighbors, 4)]
    public void The_runtime_executes_them(string network, string @operator, int times)
    {
        Skip.IfNot(LayerTile.IsSupported, "needs AVX2");
        PointNet2Description description = SampleModels.All[network];
        IReadOnlyList<ExecutedNode> nodes = ExecutedNode.Of(Bundle(description), new SegmentationModelOptions(), model => Scores(model, SampleModels.Block(description, 200, 1)));
        Assert.Equal(times, nodes.Count(node => node.Operator == @operator));
    }

    /// <summary>The runtime's own Gather looks as well: what is outside is never read.</summary>
    [SkippableTheory]
    [InlineData(-1)]
    [InlineData(200)]
    [InlineData(int.MinValue)]
    public void An_index_outside_is_an_error(int index)
    {
        Skip.IfNot(LayerTile.IsSupported, "needs AVX2");
        using SegmentationModel model = SegmentationModel.Load(Bundle(SampleModels.TwoLevels));
        Action<Neighbourhoods>[] damages = [it => it.Neighbors(1, 0).Span[^1] = index, it => it.Neighbors(1, 1).Span[0] = index, it => it.Nearest(1).Span[7] = index];
        foreach (Action<Neighbourhoods> damage in damages)
        {
            BlockTensors block = SampleModels.Block(SampleModels.TwoLevels, 200, 1);
            damage(block.Neighbourhoods);
            Assert.Contains($"index {index} at ", Assert.Throws<OnnxRuntimeException>(() => Scores(model, block)).Message);
        }
    }

    private static float[] Scores(SegmentationModel model, BlockTensors block)
    {
        using BlockBatch batch = new(block);
        float[] scores = new float[batch.Rows * model.ClassCount];
        model.Run(batch, scores);
        return scores;
    }

    private ModelBundle Bundle(PointNet2Description description) =>
        ModelBundleWriter.Write(_folder["bundle"], SampleModels.Description(description), PointNet2Graph.Rewritten(PointNet2Weights.Random(description, 1)));
}
