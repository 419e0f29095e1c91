using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Pipeline.Synthesis;
using BatchSegmenter.Tests;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Inference;

/// <summary>The network stage on one core: stacking blocks and running the session. Times are per block, so that batches can be compared.</summary>
[MemoryDiagnoser]
public class NetworkBenchmarks
{
    private static readonly string Bundle = Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial");

    private const int Blocks = 4;

    private BenchmarkedBlock[] _blocks = null!;
    private SegmentationModel _model = null!;
    private float[] _scores = null!;

    [GlobalSetup]
    public void Setup()
    {
        ModelBundle bundle = ModelBundle.Load(Bundle);
        _model = SegmentationModel.Load(bundle);
        _blocks = [.. SyntheticBlocks.Of(bundle.Description, Blocks, points: null, seed: 1).Blocks.Select(block => new BenchmarkedBlock(block, bundle.Description.PointNet2))];
        _scores = new float[_blocks.Sum(block => block.Raw.Count) * _model.ClassCount];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _model.Dispose();
        foreach (BenchmarkedBlock block in _blocks) block.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Blocks)]
    public void OneByOne()
    {
        foreach (BenchmarkedBlock block in _blocks) Run(block.Tensors);
    }

    [Benchmark(OperationsPerInvoke = Blocks)]
    public void FourAtOnce() => Run(_blocks[0].Tensors, _blocks[1].Tensors, _blocks[2].Tensors, _blocks[3].Tensors);

    private void Run(params BlockTensors[] blocks)
    {
        using BlockBatch batch = new(blocks);
        _model.Run(batch, _scores.AsMemory(0, batch.Rows * _model.ClassCount));
    }
}
