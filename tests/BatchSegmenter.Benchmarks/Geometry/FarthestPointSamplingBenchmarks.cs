using BatchSegmenter.Geometry;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Geometry;

public class FarthestPointSamplingBenchmarks
{
    private BenchmarkPoints _points = null!;
    private int[] _samples = [];

    [Params(4096, 50000)]
    public int Points { get; set; }

    [GlobalSetup]
    public void Setup() => (_points, _samples) = (new(Points), new int[Points == 4096 ? 1024 : 4096]);

    [Benchmark(Baseline = true)]
    public void Plain() => FarthestPointSampling.SampleScalar(_points.X, _points.Y, _points.Z, 0, _samples);

    [Benchmark]
    public void Bucketed() => FarthestPointSampling.Sample(_points.X, _points.Y, _points.Z, 0, _samples);
}
