using BatchSegmenter.Geometry;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Geometry;

public class KdTreeBenchmarks
{
    private readonly BenchmarkPoints _points = new(1_000_000);
    private readonly int[] _indices = new int[16];
    private readonly float[] _squaredDistances = new float[16];
    private KdTree _tree = null!;

    [GlobalSetup]
    public void Setup() => _tree = new(_points.X, _points.Y, _points.Z);

    [Benchmark]
    public void BuildMillion()
    {
        using KdTree tree = new(_points.X, _points.Y, _points.Z);
    }

    [Benchmark(OperationsPerInvoke = 10000)]
    public void NearestSixteen()
    {
        for (int i = 0; i < 10000; i++)
            _tree.Nearest(_points.X[i], _points.Y[i], _points.Z[i], _indices, _squaredDistances);
    }
}
