using BatchSegmenter.Geometry;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Geometry;

public class KNearestNeighborsBenchmarks
{
    private readonly BenchmarkPoints _points = new(4096);
    private readonly int[] _indices = new int[16 * 4096];
    private readonly float[] _squaredDistances = new float[16 * 4096];

    [Benchmark(Baseline = true)]
    public void Sorting() => KNearestNeighbors.SearchScalar(
        _points.X, _points.Y, _points.Z, _points.X, _points.Y, _points.Z, 16, _indices, _squaredDistances);

    [Benchmark]
    public void Scan() => KNearestNeighbors.SearchScan(
        _points.X, _points.Y, _points.Z, _points.X, _points.Y, _points.Z, 16, _indices, _squaredDistances);

    [Benchmark]
    public void Tree() => KNearestNeighbors.Search(
        _points.X, _points.Y, _points.Z, _points.X, _points.Y, _points.Z, 16, _indices, _squaredDistances);
}
