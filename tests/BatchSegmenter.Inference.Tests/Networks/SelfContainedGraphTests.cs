using System.Diagnostics;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Serialization;
using Microsoft.ML.OnnxRuntime;
using Xunit.Abstractions;

namespace BatchSegmenter.Inference.Tests.Networks;

/// <summary>The graph that takes points alone scores as the graph does that is given neighbourhoods, at sizes that no one told it before.</summary>
public sealed class SelfContainedGraphTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("two levels")]
    [InlineData("four levels")]
    [InlineData("residual")]
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
            BlockTensors[] batch = [.. Enumerable.Range(0, blocks).Select(seed => SampleModels.Block(description, points, seed))];
            float[] found = Scores(inside, description, batch);
            using BlockBatch together = new(batch);
            float[] expected = new float[together.Rows * description.Classes];
            outside.Run(together, expected);
            Assert.Equal(expected.Length, found.Length);
            Assert.Contains(expected, score => Math.Abs(score) > 0.1f);
            for (int i = 0; i < found.Length; i++) Assert.True(Math.Abs(expected[i] - found[i]) <= 1e-4f, $"{blocks} x {points}, score {i}: outside {expected[i]}, inside {found[i]}");
            Assert.Equal(found, batch.SelectMany(block => Scores(inside, description, block)), (a, b) => Math.Abs(a - b) <= 1e-6f);
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
        Assert.DoesNotContain(graph.Nodes, node => node.Operator is "NonZero" or "ScatterND" or "BatchNormalization" or "Dropout" || node.Domain != "");
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

    /// <summary>Prints how long a block of the usual size takes; fails only where neighbourhoods inside take absurdly long.</summary>
    [Fact]
    public void IsFastEnoughToServe()
    {
        PointNet2Description description = SampleModels.FourLevels with { Features = 9, PositionsAsFeatures = true };
        PointNet2Weights weights = PointNet2Weights.Random(description, 1);
        using InferenceSession inside = Session(SelfContainedGraph.Build(weights, logSoftmax: true));
        BlockTensors block = SampleModels.Block(description, 4096, 1);
        double best = double.PositiveInfinity;
        for (int run = 0; run < 5; run++)
        {
            Stopwatch watch = Stopwatch.StartNew();
            Scores(inside, description, block);
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }
        output.WriteLine($"inside: {best:F3} s for 1 x 4096 points");
        Assert.InRange(best, 0, 10);
    }

    private static InferenceSession Session(OnnxGraph graph)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1 };
        return new InferenceSession(OnnxWriter.Write(OnnxReader.Read(OnnxWriter.Write(graph), "graph")), options);
    }

    private static float[] Scores(InferenceSession session, PointNet2Description description, params BlockTensors[] blocks)
    {
        int points = blocks[0].PointCount, channels = description.PointChannels;
        float[] cloud = new float[blocks.Length * channels * points];
        float[] category = new float[blocks.Length * description.Categories];
        for (int block = 0; block < blocks.Length; block++)
        {
            ReadOnlySpan<float> rows = RawBlock.Of(description, blocks[block].Positions, blocks[block].Features).Points.Span;
            for (int i = 0; i < points; i++)
                for (int c = 0; c < channels; c++) cloud[(block * channels + c) * points + i] = rows[i * channels + c];
            if (description.Categories > 0) category[block * description.Categories + blocks[block].Category] = 1;
        }

        using RunOptions options = new();
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(cloud, [blocks.Length, channels, points]);
        using OrtValue told = OrtValue.CreateTensorValueFromMemory(category, [blocks.Length, description.Categories]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = description.Categories > 0
            ? session.Run(options, ["points", "category"], [input, told], ["scores"])
            : session.Run(options, ["points"], [input], ["scores"]);
        long[] shape = description.Task == NetworkTask.Classification ? [blocks.Length, description.Classes] : [blocks.Length, points, description.Classes];
        Assert.Equal(shape, outputs[0].GetTensorTypeAndShape().Shape);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
