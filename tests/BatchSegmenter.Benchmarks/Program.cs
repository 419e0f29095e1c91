using BatchSegmenter.Benchmarks.Pipeline;
using BenchmarkDotNet.Running;

// "quick parquet [RUNS]": medians of interleaved runs by CPU time, in this process.
if (args is ["quick", "parquet", .. var runs]) PointDatasetWriterBenchmarks.Quick(runs is [var count] ? int.Parse(count) : 11);
else BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
