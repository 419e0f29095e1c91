using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;
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

    /// <summary>Batches for accelerators are filled up to few sizes, which the processor can do as well.</summary>
    [Theory]
    [InlineData("two levels")]
    [InlineData("four levels")]
    [InlineData("residual")]
    [InlineData("global maximum")]
    [InlineData("parts")]
    [InlineData("whole")]
    public void FillingABatchUpDoesNotChangeABit(string network)
    {
        PointNet2Description description = SampleModels.All[network];
        ModelBundle bundle = Bundle(PointNet2Weights.Random(description, 1), plain: false);
        using SegmentationModel plain = SegmentationModel.Load(bundle), filling = SegmentationModel.Load(bundle, new SegmentationModelOptions { FillsBatches = true, BlocksPerBatch = 4 });
        foreach (int[] sizes in new int[][] { [1500, 1, 777], [300], [512, 2], [513, 20, 30, 40, 50] })
        {
            BlockTensors[] blocks = [.. sizes.Select((size, seed) => SampleModels.Block(description, size, seed))];
            Assert.Equal(ScoresOf(plain, blocks), ScoresOf(filling, blocks));
        }
    }

    [Fact]
    public void RunsAsManySideBySideAsItHasSessions()
    {
        ModelBundle bundle = Bundle(PointNet2Weights.Random(SampleModels.TwoLevels, 1), plain: false);
        using SegmentationModel three = SegmentationModel.Load(bundle, new SegmentationModelOptions { Sessions = 3 }), whole = SegmentationModel.Load(bundle);
        Assert.Equal((3, Environment.ProcessorCount), (three.Sessions, whole.Sessions));

        BlockTensors[] blocks = [.. Enumerable.Range(0, 12).Select(seed => SampleModels.Block(SampleModels.TwoLevels, 100 + seed, seed))];
        float[][] expected = [.. blocks.Select(block => ScoresOf(whole, block))];
        float[][] found = new float[blocks.Length][];
        Parallel.For(0, blocks.Length, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i => found[i] = ScoresOf(three, blocks[i]));
        Assert.Equal(expected, found);
    }

    [Fact]
    public void ARunAfterACancelledOneIsWhole()
    {
        using SegmentationModel model = SegmentationModel.Load(Bundle(PointNet2Weights.Random(SampleModels.FourLevels, 1), plain: false), new SegmentationModelOptions { Sessions = 1 });
        BlockTensors[] blocks = [.. Enumerable.Range(0, 8).Select(seed => SampleModels.Block(SampleModels.FourLevels, 2048, seed))];
        float[] expected = ScoresOf(model, blocks);
        bool ended = false;
        for (int attempt = 0; attempt < 100 && !ended; attempt++)
        {
            using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(2 + attempt % 8));
            ended = Record.Exception(() => model.Run(blocks, new float[expected.Length], soon.Token)) is OperationCanceledException;
        }

        Assert.True(ended, "no run of a hundred was ended while it went on");
        Assert.Equal(expected, ScoresOf(model, blocks));
    }

    /// <summary>The runtime's own arena on the processor refuses as that of an accelerator does.</summary>
    [Fact]
    public void RunsInSmallerBatchesWhereMemoryDoesNotSuffice()
    {
        using OrtMemoryInfo processor = new(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
        using OrtArenaCfg limit = new(maxMemory: 64 << 20, arenaExtendStrategy: 1, initialChunkSizeBytes: -1, maxDeadBytesPerChunk: -1);
        RuntimeLog.Runtime.CreateAndRegisterAllocator(processor, limit);
        try
        {
            ModelBundle bundle = Bundle(PointNet2Weights.Random(SampleModels.FourLevels, 1), plain: false);
            BlockTensors[] blocks = [.. Enumerable.Range(0, 8).Select(seed => SampleModels.Block(SampleModels.FourLevels, 2048, seed))];
            // Fused layers hardly need memory.
            SegmentationModelOptions plain = new() { IsFused = false, Sessions = 1 };
            using SegmentationModel free = SegmentationModel.Load(bundle, plain), limited = SegmentationModel.Load(bundle, plain with { UsesCommonArena = true });

            Assert.Equal(ScoresOf(free, blocks), ScoresOf(limited, blocks));
            Assert.Empty(free.Shortages);
            Assert.Matches("^cpu ran out of memory on a batch of 8 blocks; the run went on with at most [124] at a time", Assert.Single(limited.Shortages));

            BlockTensors one = SampleModels.Block(SampleModels.FourLevels, 1 << 19, 1);
            Assert.Contains("cpu has not enough memory for one block", Assert.Throws<DeviceMemoryException>(() => limited.Run([one], new float[one.PointCount * 13])).Message);
            Assert.Equal(ScoresOf(free, blocks[3]), ScoresOf(limited, blocks[3]));
        }
        finally
        {
            RuntimeLog.Runtime.UnregisterAllocator(processor);
        }
    }

    /// <summary>What is left are the runtime's handles, one for each tensor; nothing grows with the points.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void ABatchAllocatesLittle(int count)
    {
        using SegmentationModel model = SegmentationModel.Load(Bundle(PointNet2Weights.Random(SampleModels.FourLevels, 1), plain: false));
        BlockTensors[] blocks = [.. Enumerable.Range(0, count).Select(seed => SampleModels.Block(SampleModels.FourLevels, 1024, seed))];
        float[] scores = new float[count * 1024 * model.ClassCount];
        for (int i = 0; i < 3; i++) model.Run(blocks, scores);

        const int Runs = 20;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Runs; i++) model.Run(blocks, scores);
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / Runs;
        Assert.True(each < 4096, $"{each} bytes a run");
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

    /// <summary>Whether one in an early layer shows in the scores is for the runtime to say; the last one does.</summary>
    [Fact]
    public void AWeightThatIsNoNumberIsNoticed()
    {
        OnnxGraph graph = PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1));
        OnnxNode last = Assert.Single(graph.Nodes, node => node.Outputs[0] == PointNet2Graph.Scores);
        OnnxGraph broken = new()
        {
            Name = graph.Name,
            Opset = graph.Opset,
            Inputs = graph.Inputs,
            Outputs = graph.Outputs,
            Initializers = [.. graph.Initializers.Select(it => last.Inputs.Contains(it.Name) && it.Shape.Count == 1 ? OfNoNumbers(it) : it)],
            Nodes = graph.Nodes,
        };
        using SegmentationModel model = SegmentationModel.Load(ModelBundleWriter.Write(_folder["bundle"], SampleModels.Description(), broken));
        BlockTensors block = SampleModels.Block(SampleModels.TwoLevels, 50, 1);
        Assert.Throws<InvalidScoresException>(() => model.RunProbabilities([block], new float[block.PointCount * model.ClassCount]));
    }

    private static OnnxTensor OfNoNumbers(OnnxTensor tensor)
    {
        byte[] values = new byte[tensor.Bytes.Length];
        MemoryMarshal.Cast<byte, float>(values.AsSpan()).Fill(float.NaN);
        return tensor with { Bytes = values };
    }

    [Fact]
    public void ProbabilitiesSumToOneAndKeepTheOrder()
    {
        SegmentationModel model = Model(PointNet2Weights.Random(SampleModels.TwoLevels, 1), plain: false);
        BlockTensors block = SampleModels.Block(SampleModels.TwoLevels, 50, 1);
        float[] scores = Scores(model, block);
        float[] probabilities = new float[scores.Length];
        model.RunProbabilities([block], probabilities);
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

    private static float[] ScoresOf(SegmentationModel model, params BlockTensors[] blocks)
    {
        int rows = model.Bundle.Description.Architecture.Task == NetworkTask.Classification ? blocks.Length : blocks.Sum(block => block.PointCount);
        float[] scores = new float[rows * model.ClassCount];
        model.Run(blocks, scores);
        return scores;
    }

    private SegmentationModel Model(PointNet2Weights weights, bool plain, int threads = 1) =>
        SegmentationModel.Load(Bundle(weights, plain), new SegmentationModelOptions { ThreadsPerRun = threads });

    private ModelBundle Bundle(PointNet2Weights weights, bool plain) => ModelBundleWriter.Write(
        _folder[plain ? "plain" : "rewritten"],
        SampleModels.Description(weights.Description),
        plain ? PointNet2Graph.Plain(weights) : PointNet2Graph.Rewritten(weights));
}
