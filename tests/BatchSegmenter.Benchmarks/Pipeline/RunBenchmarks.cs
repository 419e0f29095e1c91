using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Synthesis;
using BatchSegmenter.Tests;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;

namespace BatchSegmenter.Benchmarks.Pipeline;

/// <summary>A whole run, LAZ in, Parquet and LAZ out, with the bundle that ships. One core is the baseline.</summary>
[SimpleJob(RunStrategy.Monitoring, launchCount: 1, warmupCount: 1, iterationCount: 5)]
public class RunBenchmarks
{
    private static readonly string Bundle = Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial");

    private const int Points = 500_000;

    private string _folder = null!;
    private SegmentationModel _model = null!;

    [ParamsSource(nameof(CoreCounts))]
    public int Cores { get; set; }

    public static IEnumerable<int> CoreCounts => new[] { 1, Environment.ProcessorCount }.Distinct();

    private string Survey => Path.Combine(_folder, "survey.laz");

    [GlobalSetup]
    public void Setup()
    {
        _folder = Directory.CreateTempSubdirectory("batchsegmenter-benchmark-").FullName;
        SyntheticSurveyFile.Write(Survey, new SynthesisOptions { Points = Points });
        _model = SegmentationModel.Load(ModelBundle.Load(Bundle));
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark]
    public async Task Run()
    {
        SegmentationOptions options = new()
        {
            Inputs = [Survey],
            Model = Bundle,
            Output = Path.Combine(_folder, "output"),
            Write = new WriteOptions { Las = new LasOutputOptions { Format = "laz" } },
            Limits = new LimitOptions { Cores = Cores },
        };
        SegmentationInput[] inputs = [new(Survey, "survey")];
        RunProgress progress = new(inputs);
        await new SegmentationPipeline(options, _model).RunAsync(inputs, progress);
        if (progress.Failures is [InputOutcome failure, ..]) throw new InvalidOperationException(failure.Fault!.Message);
    }
}
