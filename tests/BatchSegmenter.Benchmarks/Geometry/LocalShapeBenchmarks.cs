using BatchSegmenter.Geometry;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Geometry;

public class LocalShapeBenchmarks
{
    private const int Points = 4096;
    private readonly BenchmarkPoints _points = new(Points);
    private readonly int[] _neighbors = new int[16 * Points];
    private readonly float[] _linearity = new float[Points], _planarity = new float[Points];
    private readonly float[] _scattering = new float[Points], _verticality = new float[Points];

    [GlobalSetup]
    public void Setup() => KNearestNeighbors.Search(
        _points.X, _points.Y, _points.Z, _points.X, _points.Y, _points.Z, 16, _neighbors, new float[16 * Points]);

    [Benchmark(OperationsPerInvoke = Points)]
    public void Compute() =>
        LocalShape.Compute(_points.X, _points.Y, _points.Z, _neighbors, _linearity, _planarity, _scattering, _verticality);
}
