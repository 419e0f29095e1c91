using BatchSegmenter.Geometry;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Geometry;

/// <summary>A square kilometre at a point per square metre: the grid, and the surface of both windows.</summary>
public class GroundSurfaceBenchmarks
{
    private double[] _x = [], _y = [], _z = [];
    private MinimumGrid _grid = null!;

    [GlobalSetup]
    public void Setup()
    {
        BenchmarkPoints points = new(1_000_000);
        (_x, _y, _z) = ([.. points.X.Select(v => (double)v)], [.. points.Y.Select(v => (double)v)], [.. points.Z.Select(v => (double)v)]);
        _grid = MinimumGrid.Build(_x, _y, _z, 0.5);
    }

    [Benchmark]
    public MinimumGrid Grid() => MinimumGrid.Build(_x, _y, _z, 0.5);

    [Benchmark]
    public GroundSurface HouseWindow() => GroundSurface.Build(_grid, 18);

    [Benchmark]
    public GroundSurface WarehouseWindow() => GroundSurface.Build(_grid, 50);
}
