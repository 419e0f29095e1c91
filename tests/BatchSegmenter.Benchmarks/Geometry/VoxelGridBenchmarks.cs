using BatchSegmenter.Geometry;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Geometry;

public class VoxelGridBenchmarks
{
    private readonly int[] _representatives = new int[1_000_000], _voxels = new int[1_000_000];
    private double[] _x = [], _y = [], _z = [];

    [GlobalSetup]
    public void Setup()
    {
        BenchmarkPoints points = new(1_000_000);
        (_x, _y, _z) = ([.. points.X.Select(v => (double)v)], [.. points.Y.Select(v => (double)v)], [.. points.Z.Select(v => (double)v)]);
    }

    [Benchmark]
    public int Thin() => VoxelGrid.Thin(_x, _y, _z, 2, 1, _representatives, _voxels);
}
