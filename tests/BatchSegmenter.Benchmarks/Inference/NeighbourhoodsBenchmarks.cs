using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Pipeline.Synthesis;
using BatchSegmenter.Tests;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Inference;

/// <summary>The neighbourhoods stage on one core: sampling, grouping and interpolation of all levels of a block.</summary>
[MemoryDiagnoser]
public class NeighbourhoodsBenchmarks
{
    private static readonly string Bundle = Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial");

    private BenchmarkedBlock _block = null!;

    [Params(4096, 16384)]
    public int Points { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        ModelDescription model = ModelBundle.Load(Bundle).Description;
        _block = new BenchmarkedBlock(SyntheticBlocks.Of(model, blocks: 1, Points, seed: 1).Blocks[0], model.PointNet2);
    }

    [GlobalCleanup]
    public void Cleanup() => _block.Dispose();

    [Benchmark]
    public void Compute() => _block.ComputeNeighbourhoods().Dispose();
}
