using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests.Benchmarking;

public sealed class ModelBenchmarkTests : IDisposable
{
    private static readonly BenchmarkPlan TwoRounds = new() { Load = new LoadPlan(TimeSpan.FromHours(1), Runs: 3, WarmUpRuns: 1), Rounds = 2, Peak = true };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_stage_of_a_setup_is_measured_in_every_round()
    {
        using ModelBenchmark benchmark = Of(SampleModels.TwoLevels);
        InferenceSetup setup = new(ExecutionProvider.Cpu, Threads: 1, Sessions: 2, BlocksPerBatch: 3);
        benchmark.Measure(setup);
        benchmark.Measure(setup);
        SetupMeasurement measured = benchmark.Result(setup);
        Assert.Equal((NetworkPrecision.Fp32, setup), (measured.Precision, measured.Setup));
        foreach (StageMeasurement stage in new[] { measured.Neighbourhoods!, measured.Network, measured.Together })
        {
            Assert.Equal(12, stage.Seconds.Count);
            Assert.Equal(150 * stage.BlocksPerSecond, stage.PointsPerSecond, 1e-6 * stage.PointsPerSecond);
            Assert.True(stage.Seconds.Least > 0 && stage.CpuSecondsPerBlock > 0, stage.ToString());
        }

        Assert.InRange(measured.PeakMemoryBytes, 10_000_000, 100_000_000_000);
    }

    [Fact]
    public void Work_per_block_does_not_depend_on_the_batch_and_rates_follow_from_it()
    {
        using ModelBenchmark benchmark = Of(SampleModels.TwoLevels);
        SetupMeasurement[] measured = [.. new[] { 1, 4 }.Select(batch => Measured(benchmark, batch))];
        Assert.Equal(measured[0].Peak!.MultiplyAddsPerBlock, measured[1].Peak!.MultiplyAddsPerBlock);
        Assert.All(measured, it => Assert.Equal(it.Peak!.MultiplyAddsPerBlock * it.Setup.BlocksPerBatch / it.Network.Seconds.P50, it.Peak.NetworkRate, 1e-6 * it.Peak.NetworkRate));
        Assert.All(measured, it => Assert.Equal(it.Peak!.NetworkRate / it.Peak.ProductsRate, it.Peak.Share, 9));
    }

    [Fact]
    public void Classification_gives_a_score_row_for_each_block() => Assert.Equal(3, Measured(Of(SampleModels.Whole), 2).Network.Seconds.Count);

    [Fact]
    public void A_provider_that_is_not_there_is_told_with_the_reason()
    {
        using ModelBenchmark benchmark = Of(SampleModels.TwoLevels);
        Assert.Null(benchmark.Obstacle(ExecutionProvider.Cpu));
        Assert.StartsWith("tensorrt is not used", benchmark.Obstacle(ExecutionProvider.TensorRt));
    }

    private static SetupMeasurement Measured(ModelBenchmark benchmark, int batch)
    {
        InferenceSetup setup = new(ExecutionProvider.Cpu, 1, 1, batch);
        benchmark.Measure(setup);
        return benchmark.Result(setup);
    }

    private ModelBenchmark Of(PointNet2Description network)
    {
        ModelBundle bundle = ModelBundleWriter.Write(_folder["bundle"], SampleModels.Description(network), PointNet2Graph.Rewritten(PointNet2Weights.Random(network, 1)));
        return new ModelBenchmark(bundle, BenchmarkBlocks.MadeUp(network, blocks: 5, points: 150, seed: 1), TwoRounds);
    }
}
