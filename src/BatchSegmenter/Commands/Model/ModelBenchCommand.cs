using System.CommandLine;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Evaluation;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Synthesis;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model bench</c>: how fast bundles are on this machine, and which way of running them is fastest.</summary>
internal static class ModelBenchCommand
{
    private const int Blocks = 16;

    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        ModelBenchSettings settings = new();
        Command command = new("bench", "Measure latency, throughput, processor time and memory of model bundles on this machine, over a grid of ways to run them. Where the grid and the blocks are the default ones, later runs take the way that was fastest, unless the machine was busy otherwise.");
        settings.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.FromResult(Guard(() =>
        {
            ModelBenchChoice choice = settings.Read(parsed);
            BenchmarkReport report = Measure(choice, cancellation);
            if (choice.Chart is not null) ModelBenchChart.Save(report, choice.Chart);
            if (choice.Json) Console.Out.WriteLine(report.ToJson());
            else ModelBenchTables.Write(report);
            return 0;
        })));
        return command;
    }

    private static BenchmarkReport Measure(ModelBenchChoice choice, CancellationToken cancellation)
    {
        List<ModelBundle> bundles = [.. choice.Bundles.Select(folder => ModelBundle.Load(folder))];
        bundles = choice.WithPrecisions(bundles);
        List<(ModelBenchmark Benchmark, InferenceSetup Setup)> planned = [];
        List<SkippedSetup> skipped = [];
        List<BundleAccuracy> accuracy = [];
        BenchmarkBlocks? blocks = null;
        double? load = BenchmarkReport.CurrentLoad();
        foreach (ModelBundle bundle in bundles)
        {
            blocks = choice.BlocksFile is { } file
                ? BenchmarkBlocks.Read(file, bundle.Description.Architecture)
                : SyntheticBlocks.Of(bundle.Description, Blocks, choice.Points, choice.Seed);
            ModelBenchmark benchmark = new(bundle, blocks, choice.Plan);
            foreach (IGrouping<string, InferenceSetup> ofProvider in choice.Grid.Setups(Environment.ProcessorCount).GroupBy(setup => setup.Provider))
            {
                if (benchmark.Obstacle(ofProvider.Key) is { } reason)
                {
                    skipped.Add(new SkippedSetup(bundle.Folder, ofProvider.Key, reason));
                    continue;
                }

                planned.AddRange(ofProvider.Select(setup => (benchmark, setup)));
                if (choice.Data.Count > 0) accuracy.Add(Accuracy(bundle, ofProvider.Key, choice, cancellation));
            }
        }

        if (planned.Count == 0) throw new FormatException($"--providers: nothing can be measured here: {string.Join("; ", skipped.Select(it => it.Reason).Distinct())}");
        for (int round = 0; round < choice.Plan.Rounds; round++)
            foreach ((ModelBenchmark benchmark, InferenceSetup setup) in planned)
            {
                if (!Console.IsErrorRedirected) Console.Error.WriteLine($"round {round + 1} of {choice.Plan.Rounds}: {setup}");
                benchmark.Measure(setup, cancellation);
            }

        BenchmarkReport report = new()
        {
            Runtime = SegmentationModel.RuntimeVersion,
            Processor = MachineDescription.Current.Processor,
            Cores = Environment.ProcessorCount,
            LoadAverage = [load, BenchmarkReport.CurrentLoad()],
            Blocks = blocks!.Source,
            BlockCount = blocks.Blocks.Count,
            PointsPerBlock = blocks.PointsPerBlock,
            Rounds = choice.Plan.Rounds,
            Measurements = [.. planned.Select(it => it.Benchmark.Result(it.Setup))],
            Skipped = skipped,
            Accuracy = accuracy,
        };
        foreach (ModelBenchmark benchmark in planned.Select(it => it.Benchmark).Distinct()) benchmark.Dispose();
        if (choice.IsOfRuns) foreach (ModelBundle bundle in bundles) RememberedSetups.OfThisMachine.Remember(bundle, report);
        return report;
    }

    private static BundleAccuracy Accuracy(ModelBundle bundle, string provider, ModelBenchChoice choice, CancellationToken cancellation)
    {
        using SegmentationModel model = SegmentationModel.Load(bundle, new SegmentationModelOptions { Providers = [provider] });
        EvaluationReport report = ModelAccuracy.MeasureAsync(model, choice.Data, choice.Map, choice.Ignore, cancellation).GetAwaiter().GetResult();
        return new BundleAccuracy(bundle.Folder, provider, report.Counted, report.OverallAccuracy, report.MeanIou);
    }

    /// <summary>What models do not fail with: labelled data that are damaged is 1, absent ones 2, a device that fails 3, cancelled 130.</summary>
    private static int Guard(Func<int> action)
    {
        try
        {
            return ModelCommand.Run(action);
        }
        catch (ConfigurationException fault)
        {
            return CommandFault.Report(2, string.Join("; ", fault.Faults));
        }
        catch (Exception fault) when (fault is EvaluationException or PointCloudException)
        {
            return CommandFault.Report(1, fault);
        }
        catch (Exception fault) when (fault is RunStoppedException or OnnxRuntimeException)
        {
            return CommandFault.Report(3, fault);
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }
}
