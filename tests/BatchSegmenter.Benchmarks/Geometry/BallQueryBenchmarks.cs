using BatchSegmenter.Geometry;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Geometry;

public class BallQueryBenchmarks
{
    private const int Queries = 1024;
    private readonly int[] _neighbors = new int[Queries * 32];
    private BenchmarkPoints _points = null!;

    [Params(4096, 50000)]
    public int Points { get; set; }

    [Params(1f, 2.5f, 5f)]
    public float Radius { get; set; }

    [GlobalSetup]
    public void Setup() => _points = new(Points);

    [Benchmark(Baseline = true)]
    public void Plain() => BallQuery.SearchScalar(
        _points.X, _points.Y, _points.Z, _points.X.AsSpan(0, Queries), _points.Y.AsSpan(0, Queries), _points.Z.AsSpan(0, Queries),
        Radius, 32, _neighbors);

    [Benchmark]
    public void Search() => BallQuery.Search(
        _points.X, _points.Y, _points.Z, _points.X.AsSpan(0, Queries), _points.Y.AsSpan(0, Queries), _points.Z.AsSpan(0, Queries),
        Radius, 32, _neighbors);
}
