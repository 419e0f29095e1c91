using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Networks.Recognition;
using BatchSegmenter.Onnx.Passes;
using BatchSegmenter.Onnx.Serialization;
using Microsoft.ML.OnnxRuntime;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Inference.Tests.Networks;

/// <summary>The graph that takes points alone scores as the graph does that is given neighbourhoods, at sizes that no one told it before.</summary>
public sealed class SelfContainedGraphTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("two levels")]
    [InlineData("four levels")]
    [InlineData("residual")]
    [InlineData("global")]
    [InlineData("global maximum")]
    [InlineData("parts")]
    [InlineData("whole")]
    public void ScoresAsWithNeighbourhoodsFromOutside(string network)
    {
        PointNet2Description description = SampleModels.All[network];
        PointNet2Weights weights = PointNet2Weights.Random(description, 1);
        using SegmentationModel outside = SegmentationModel.Load(ModelBundleWriter.Write(_folder["outside"], SampleModels.Description(description), PointNet2Graph.Rewritten(weights)));
        using InferenceSession inside = Session(SelfContainedGraph.Build(weights, logSoftmax: false));
        foreach ((int blocks, int points) in new[] { (1, 1), (2, 7), (5, 100), (1, 1024), (2, 1024), (1, 5000) })
        {
            BlockTensors[] batch = [.. Enumerable.Range(0, blocks).Select(seed => Block(description, points, seed))];
            float[] found = Scores(inside, description, batch);
            using BlockBatch together = new(batch);
            float[] expected = new float[together.Rows * description.Classes];
            outside.Run(together, expected);
            Assert.Equal(expected.Length, found.Length);
            Assert.Contains(expected, score => Math.Abs(score) > 0.1f);
            for (int i = 0; i < found.Length; i++) Assert.True(Math.Abs(expected[i] - found[i]) <= 1e-4f * Math.Max(1, Math.Abs(expected[i])), $"{blocks} x {points}, score {i}: outside {expected[i]}, inside {found[i]}");
            Assert.Equal(found, batch.SelectMany(block => Scores(inside, description, block)), (a, b) => Math.Abs(a - b) <= (network == "global" ? 1e-5f : 1e-6f) * Math.Max(1, Math.Abs(a)));
        }
    }

    [Fact]
    public void DeclaresSizesThatAreFreeAndHoldsOneLoopPerLevel()
    {
        OnnxGraph graph = SelfContainedGraph.Build(PointNet2Weights.Random(SampleModels.Parts, 1), logSoftmax: true);
        Assert.Equal(["points: float32[batch, 6, points]", "category: float32[batch, 4]"], graph.Inputs.Select(input => input.ToString()));
        Assert.Equal("scores: float32[batch, points, 5]", Assert.Single(graph.Outputs).ToString());
        Assert.InRange(graph.Opset, 13, 17);
        Assert.Single(graph.Nodes, node => node.Operator == "Loop");
        Assert.Equal(4, SelfContainedGraph.Build(PointNet2Weights.Random(SampleModels.FourLevels, 1), logSoftmax: false).Nodes.Count(node => node.Operator == "Loop"));
        Assert.Empty(GraphChecker.Check(graph));
        Assert.Empty(GraphLint.Check(graph, new GraphLintOptions { NeighbourhoodsInside = true }));
        using InferenceSession session = Session(graph);
        Assert.Equal([-1, 6, -1], session.InputMetadata["points"].Dimensions);
        Assert.Equal(["batch", "", "points"], session.InputMetadata["points"].SymbolicDimensions);
    }

    [Theory]
    [InlineData("two levels")]
    [InlineData("whole")]
    public void TakesTheLogarithmOfTheSoftmaxWhereToldTo(string network)
    {
        PointNet2Description description = SampleModels.All[network];
        PointNet2Weights weights = PointNet2Weights.Random(description, 1);
        BlockTensors block = SampleModels.Block(description, 20, 1);
        using InferenceSession raw = Session(SelfContainedGraph.Build(weights, logSoftmax: false)), logarithmic = Session(SelfContainedGraph.Build(weights, logSoftmax: true));
        foreach ((float[] scores, float[] found) in Scores(raw, description, block).Chunk(description.Classes).Zip(Scores(logarithmic, description, block).Chunk(description.Classes)))
        {
            double sum = Math.Log(scores.Sum(score => Math.Exp(score)));
            for (int i = 0; i < scores.Length; i++) Assert.Equal(scores[i] - sum, found[i], 1e-5);
        }
    }

    public static TheoryData<string> Golden => [.. GoldenCheckpoint.Names];

    /// <summary>Checkpoints of every family, all blocks in one batch and each alone, against what PyTorch computed.</summary>
    [Theory]
    [MemberData(nameof(Golden))]
    public void ScoresAsPyTorchDoes(string name)
    {
        GoldenCheckpoint made = new(name);
        Checkpoint checkpoint = Checkpoint.Open(made.Path);
        RecognizedNetwork network = NetworkRecognition.Recognize(checkpoint, new ParameterSource("description", made.Parameters));
        OnnxGraph graph = network.Description switch
        {
            PointNetDescription it => SelfContainedGraph.Build(PointNetWeights.Load(checkpoint, it, network.Layers), network.LogSoftmax),
            PointNet2Description it => SelfContainedGraph.Build(PointNet2Weights.Load(checkpoint, it, network.Layers), network.LogSoftmax),
            _ => throw new NotSupportedException(),
        };
        GoldenVectors golden = GoldenVectors.Read(made.GoldenPath);
        using InferenceSession session = Session(graph);
        float[] points = [.. Enumerable.Range(0, golden.Blocks).SelectMany(block => golden.Points(block).ToArray())];
        int[] categories = [.. Enumerable.Range(0, golden.Blocks).Select(golden.Category)];
        float[] found = Scores(session, network.Description, golden.Blocks, points, categories);
        float[] expected = [.. Enumerable.Range(0, golden.Blocks).SelectMany(block => golden.Scores(block).ToArray())];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++) Assert.True(Math.Abs(expected[i] - found[i]) <= 1e-3f, $"score {i}: PyTorch {expected[i]}, here {found[i]}");
        for (int block = 0; block < golden.Blocks; block++)
        {
            int each = golden.PointCount * golden.Channels;
            float[] alone = Scores(session, network.Description, 1, points[(block * each)..((block + 1) * each)], [categories[block]]);
            Assert.Equal(alone, found[(block * alone.Length)..((block + 1) * alone.Length)], (a, b) => Math.Abs(a - b) <= 1e-5f);
        }
    }

    private static InferenceSession Session(OnnxGraph graph)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1 };
        return new InferenceSession(OnnxWriter.Write(OnnxReader.Read(OnnxWriter.Write(graph), "graph")), options);
    }

    /// <summary>A block whose features begin with its positions where the network's do.</summary>
    private static BlockTensors Block(PointNet2Description description, int points, int seed)
    {
        BlockTensors block = SampleModels.Block(description, points, seed);
        if (!description.PositionsAsFeatures) return block;
        float[] features = block.Features.ToArray();
        for (int i = 0; i < points; i++) block.Positions.Span.Slice(3 * i, 3).CopyTo(features.AsSpan(i * description.Features));
        return new BlockTensors(block.Positions, features, block.Neighbourhoods, block.Category);
    }

    private static float[] Scores(InferenceSession session, PointNet2Description description, params BlockTensors[] blocks) => Scores(
        session, description, blocks.Length,
        [.. blocks.SelectMany(block => RawBlock.Of(description, block.Positions, block.Features).Points.ToArray())], [.. blocks.Select(block => block.Category)]);

    /// <summary>Of rows [blocks, points, channels].</summary>
    private static float[] Scores(InferenceSession session, NetworkDescription description, int blocks, float[] rows, int[] categories)
    {
        int channels = description.PointChannels, points = rows.Length / channels / blocks;
        float[] cloud = new float[rows.Length];
        float[] category = new float[blocks * description.Categories];
        for (int block = 0; block < blocks; block++)
        {
            for (int i = 0; i < points; i++)
                for (int c = 0; c < channels; c++) cloud[(block * channels + c) * points + i] = rows[(block * points + i) * channels + c];
            if (description.Categories > 0) category[block * description.Categories + categories[block]] = 1;
        }

        using RunOptions options = new();
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(cloud, [blocks, channels, points]);
        using OrtValue told = OrtValue.CreateTensorValueFromMemory(category, [blocks, description.Categories]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = description.Categories > 0
            ? session.Run(options, ["points", "category"], [input, told], ["scores"])
            : session.Run(options, ["points"], [input], ["scores"]);
        long[] shape = description.Task == NetworkTask.Classification ? [blocks, description.Classes] : [blocks, points, description.Classes];
        Assert.Equal(shape, outputs[0].GetTensorTypeAndShape().Shape);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
