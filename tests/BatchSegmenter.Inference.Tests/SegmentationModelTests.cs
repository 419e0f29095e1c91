using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Networks;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Tests;

public sealed class SegmentationModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int> NetworksAndSizes => new()
    {
        { "two levels", 300 },
        { "two levels", 65 },
        { "two levels", 4 },
        { "two levels", 1 },
        { "four levels", 2048 },
        { "residual", 300 },
        { "residual", 3 },
        { "global", 300 },
        { "global", 3 },
        { "global maximum", 300 },
        { "parts", 300 },
        { "parts", 2 },
        { "whole", 300 },
        { "whole", 1 },
    };

    [Theory]
    [MemberData(nameof(NetworksAndSizes))]
    public void RewrittenGraphScoresAsThePlainOne(string network, int points)
    {
        PointNet2Description description = SampleModels.All[network];
        for (int seed = 1; seed <= 3; seed++)
        {
            PointNet2Weights weights = PointNet2Weights.Random(description, seed);
            float[] rewritten = Scores(Model(weights, plain: false), SampleModels.Block(description, points, seed));
            float[] plain = Scores(Model(weights, plain: true), SampleModels.Block(description, points, seed));

            Assert.Contains(plain, score => Math.Abs(score) > 0.1f);
            for (int i = 0; i < plain.Length; i++)
                Assert.True(Math.Abs(plain[i] - rewritten[i]) <= 1e-4f, $"seed {seed}, score {i}: plain {plain[i]}, rewritten {rewritten[i]}");
        }
    }

    [Fact]
    public void ScoresDependOnEveryInput()
    {
        SegmentationModel model = Model(PointNet2Weights.Random(SampleModels.TwoLevels, 1), plain: false);
        float[] before = Scores(model, SampleModels.Block(SampleModels.TwoLevels, 200, 1));
        Action<BlockTensors>[] changes =
        [
            block => System.Runtime.InteropServices.MemoryMarshal.AsMemory(block.Positions).Span[0] += 3,
            block => System.Runtime.InteropServices.MemoryMarshal.AsMemory(block.Features).Span[0] += 3,
            block => block.Neighbourhoods.Samples(1).Span.Fill(3),
            block => block.Neighbourhoods.Neighbors(1, 0).Span.Fill(3),
            block => block.Neighbourhoods.Neighbors(1, 1).Span.Fill(3),
            block => block.Neighbourhoods.Neighbors(2, 0).Span.Fill(3),
            block => block.Neighbourhoods.Nearest(1).Span.Fill(3),
            block => block.Neighbourhoods.Weights(2).Span.Fill(0),
        ];
        foreach (Action<BlockTensors> change in changes)
        {
            BlockTensors block = SampleModels.Block(SampleModels.TwoLevels, 200, 1);
            change(block);
            Assert.NotEqual(before, Scores(model, block));
        }
    }

    /// <summary>The promise of equal bytes at any batch size and core count rests on this.</summary>
    [Theory]
    [InlineData("four levels")]
    [InlineData("residual")]
    [InlineData("global maximum")]
    [InlineData("parts")]
    [InlineData("whole")]
    public void BatchingAndThreadsDoNotChangeABit(string network)
    {
        PointNet2Description description = SampleModels.All[network];
        PointNet2Weights weights = PointNet2Weights.Random(description, 1);
        SegmentationModel model = Model(weights, plain: false);
        int[] sizes = [1500, 1, 777, 16, 2, 300];
        BlockTensors[] blocks = [.. sizes.Select((size, seed) => SampleModels.Block(description, size, seed))];
        float[] together = Scores(model, blocks);

        Assert.Equal(together, blocks.SelectMany(block => Scores(model, block)));
        Assert.Equal(together, Scores(Model(weights, plain: false, threads: 2), blocks));
    }

    /// <summary>Which is why the pipeline runs such networks block by block.</summary>
    [Fact]
    public void AMeanOverBlocksChangesWithTheBatchByRoundingAlone()
    {
        SegmentationModel model = Model(PointNet2Weights.Random(SampleModels.Global, 1), plain: false);
        BlockTensors[] blocks = [.. new[] { 900, 1, 77 }.Select((size, seed) => SampleModels.Block(SampleModels.Global, size, seed))];
        Assert.Equal(Scores(model, blocks), blocks.SelectMany(block => Scores(model, block)), (a, b) => Math.Abs(a - b) <= 1e-5f * Math.Max(1, Math.Abs(a)));
    }

    [Fact]
    public void ServesManyThreadsAtOnce()
    {
        SegmentationModel model = Model(PointNet2Weights.Random(SampleModels.TwoLevels, 1), plain: false);
        BlockTensors[] blocks = [.. Enumerable.Range(0, 16).Select(seed => SampleModels.Block(SampleModels.TwoLevels, 100 + seed, seed))];
        float[][] expected = [.. blocks.Select(block => Scores(model, block))];
        float[][] found = new float[blocks.Length][];
        Parallel.For(0, blocks.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => found[i] = Scores(model, blocks[i]));
        Assert.Equal(expected, found);
    }

    [Fact]
    public void ProbabilitiesSumToOneAndKeepTheOrder()
    {
        SegmentationModel model = Model(PointNet2Weights.Random(SampleModels.TwoLevels, 1), plain: false);
        BlockTensors block = SampleModels.Block(SampleModels.TwoLevels, 50, 1);
        float[] scores = Scores(model, block);
        float[] probabilities = new float[scores.Length];
        using BlockBatch batch = new(block);
        model.RunProbabilities(batch, probabilities);
        foreach ((float[] row, float[] probability) in scores.Chunk(3).Zip(probabilities.Chunk(3)))
        {
            Assert.Equal(1, probability.Sum(), 1e-6f);
            Assert.Equal(Array.IndexOf(row, row.Max()), Array.IndexOf(probability, probability.Max()));
        }
    }

    [Fact]
    public void RefusesRoomOfAnotherSize()
    {
        SegmentationModel model = Model(PointNet2Weights.Random(SampleModels.TwoLevels, 1), plain: false);
        using BlockBatch batch = new(SampleModels.Block(SampleModels.TwoLevels, 50, 1));
        Assert.Contains("50 rows of 3 classes have 150 scores", Assert.Throws<ArgumentException>(() => model.Run(batch, new float[149])).Message);
    }

    [Fact]
    public void StopsWhenCancelled()
    {
        SegmentationModel model = Model(PointNet2Weights.Random(SampleModels.TwoLevels, 1), plain: false);
        using BlockBatch batch = new(SampleModels.Block(SampleModels.TwoLevels, 50, 1));
        Assert.ThrowsAny<OperationCanceledException>(() => model.Run(batch, new float[150], new CancellationToken(canceled: true)));
    }

    [Fact]
    public void RefusesABlockOfAnotherNetwork()
    {
        SegmentationModel model = Model(PointNet2Weights.Random(SampleModels.TwoLevels, 1), plain: false);
        using BlockBatch batch = new(SampleModels.Block(SampleModels.TwoLevels with { Features = 5 }, 50, 1));
        Assert.Throws<OnnxRuntimeException>(() => model.Run(batch, new float[150]));
    }

    private static float[] Scores(SegmentationModel model, params BlockTensors[] blocks)
    {
        using BlockBatch batch = new(blocks);
        float[] scores = new float[batch.Rows * model.ClassCount];
        model.Run(batch, scores);
        return scores;
    }

    private SegmentationModel Model(PointNet2Weights weights, bool plain, int threads = 1)
    {
        ModelBundle bundle = ModelBundleWriter.Write(
            _folder[plain ? "plain" : "rewritten"],
            SampleModels.Description(weights.Description),
            plain ? PointNet2Graph.Plain(weights) : PointNet2Graph.Rewritten(weights));
        return SegmentationModel.Load(bundle, new SegmentationModelOptions { ThreadsPerRun = threads });
    }
}
