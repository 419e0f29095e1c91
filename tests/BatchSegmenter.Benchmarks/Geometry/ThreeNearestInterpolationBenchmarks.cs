using BatchSegmenter.Geometry;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Geometry;

public class ThreeNearestInterpolationBenchmarks
{
    private readonly BenchmarkPoints _fine = new(4096);
    private readonly int[] _nearest = new int[3 * 4096], _samples = new int[1024];
    private readonly float[] _weights = new float[3 * 4096];
    private float[] _x = [], _y = [], _z = [];

    [GlobalSetup]
    public void Setup()
    {
        FarthestPointSampling.Sample(_fine.X, _fine.Y, _fine.Z, 0, _samples);
        _x = [.. _samples.Select(i => _fine.X[i])];
        _y = [.. _samples.Select(i => _fine.Y[i])];
        _z = [.. _samples.Select(i => _fine.Z[i])];
    }

    [Benchmark(Baseline = true)]
    public void Plain() => ThreeNearestInterpolation.WeightsScalar(_x, _y, _z, _fine.X, _fine.Y, _fine.Z, _nearest, _weights);

    [Benchmark]
    public void Weights() => ThreeNearestInterpolation.Weights(_x, _y, _z, _fine.X, _fine.Y, _fine.Z, _nearest, _weights);
}
