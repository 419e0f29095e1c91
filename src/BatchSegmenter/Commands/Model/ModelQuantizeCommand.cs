using System.CommandLine;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Calibration;
using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Evaluation;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using Spectre.Console;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model quantize</c>: a bundle whose large layers are computed with bytes, if that costs too little to matter.</summary>
internal static class ModelQuantizeCommand
{
    private const int TimedRuns = 40;

    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> folder = new("BUNDLE") { Description = "The model bundle in fp32, with neighbourhoods outside." };
        Option<string[]> data = new("--data") { Description = "Labelled files, folders or globs: some of their blocks calibrate, all of their points judge.", Required = true, HelpName = "FILE|DIR", AllowMultipleArgumentsPerToken = true };
        Option<string> output = new("--output") { Description = "The folder to make. A model bundle that is there is replaced.", Required = true, HelpName = "BUNDLE" };
        Option<double> maxLoss = new("--max-loss") { Description = "Points of mean IoU (hundredths) that may be lost; if more are, nothing is written.", HelpName = "POINTS", DefaultValueFactory = _ => 0.5 };
        Option<int> blocks = new("--blocks") { Description = "Blocks to calibrate with, spread over the surveys.", HelpName = "N", DefaultValueFactory = _ => 48 };
        Option<string[]> map = new("--map") { Description = "Read a class as another when judging: --map 3=5 --map 4=5 merges vegetation.", HelpName = "CLASS=CLASS", AllowMultipleArgumentsPerToken = true };
        Option<byte[]> ignore = new("--ignore")
        {
            Description = "Leave out points whose true class (after --map) is this. Given at all, it replaces the default.", HelpName = "CODE", AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. EvaluationOptions.DefaultIgnore],
        };
        Option<bool> json = new("--json") { Description = "Print the report as one JSON object." };
        Command command = new("quantize", "Make an int8 bundle of one in fp32, and measure what it costs.\nExit codes: 0 written, 1 not written, as too much accuracy would be lost or content is bad, 2 wrong options.")
            { folder, data, output, maxLoss, blocks, map, ignore, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                if (parsed.GetValue(maxLoss) is not (>= 0 and <= 100)) throw new FormatException(FormattableString.Invariant($"--max-loss: found {parsed.GetValue(maxLoss)}; expected points of mean IoU, 0 to 100"));
                if (parsed.GetValue(blocks) is not (>= 1 and <= 10_000)) throw new FormatException($"--blocks: found {parsed.GetValue(blocks)}; expected 1 to 10000");
                string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(output)));
                if (target == Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(folder)))) throw new FormatException("--output: the bundle itself; it stays as it is, so choose another folder");
                EvaluationOptions judging = new() { Predicted = "", Truth = "", Map = EvaluateCommand.Mappings(parsed.GetValue(map) ?? []), Ignore = parsed.GetValue(ignore)! };
                string[] surveys = [.. parsed.GetRequiredValue(data).Select(Path.GetFullPath)];
                return await QuantizeAsync(parsed.GetRequiredValue(folder), surveys, target, parsed.GetValue(maxLoss), parsed.GetValue(blocks), judging, parsed.GetValue(json), cancellation);
            }
            catch (OperationCanceledException)
            {
                return 130;
            }
            catch (ConfigurationException fault)
            {
                return CommandFault.Report(2, fault);
            }
            catch (Exception fault) when (fault is EvaluationException or PointCloudException or RunStoppedException)
            {
                return CommandFault.Report(1, fault);
            }
            catch (Exception fault) when (ModelCommand.ExitCode(fault) is int code)
            {
                return CommandFault.Report(code, fault);
            }
        });
        return command;
    }

    private static async Task<int> QuantizeAsync(string folder, string[] data, string output, double maxLoss, int blockCount, EvaluationOptions judging, bool json, CancellationToken cancellation)
    {
        ModelBundle source = ModelBundle.Load(folder);
        BundleQuantization.RequireFloat(source);
        InputList surveys = await InputList.FindAsync(new SegmentationOptions { Inputs = data, InputsFromCommandLine = true, Model = folder, Output = output }, cancellation);
        List<BlockTensors> blocks = SurveyBlocks.Take(surveys.Inputs, source.Description, blockCount);
        if (blocks.Count == 0) throw new EvaluationException($"{string.Join(", ", data)}: no survey has a visible point to calibrate with.");
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("quantize");
        try
        {
            QuantizedNetwork network = NetworkQuantization.Quantize(source, blocks, Note);
            ModelBundle made = BundleQuantization.Write(source, network, Path.Combine(scratch.FullName, "bundle"));
            Note("timing both, by turns");
            (double before, double after) = RunTiming.Compare(source, made, blocks, TimedRuns, threads: 1);
            Note($"labelling {surveys.Inputs.Count} surveys with both");
            EvaluationReport truthBefore = await JudgeAsync(source, data, judging, cancellation), truthAfter = await JudgeAsync(made, data, judging, cancellation);
            QuantizationReport report = new()
            {
                Source = made.Description.Quantization!.Source,
                Float = new QuantizationFigures(new FileInfo(Path.Combine(source.Folder, ModelBundle.NetworkFile)).Length, before, truthBefore.MeanIou, truthBefore.OverallAccuracy),
                Int8 = new QuantizationFigures(new FileInfo(Path.Combine(made.Folder, ModelBundle.NetworkFile)).Length, after, truthAfter.MeanIou, truthAfter.OverallAccuracy),
                MaxLoss = maxLoss,
                Surveys = [.. truthAfter.Files.Zip(truthBefore.Files).Select(pair => new SurveyLoss(pair.First.Name, pair.First.Counted, pair.Second.MeanIou, pair.First.MeanIou))],
                Blocks = blocks.Count,
                LabelChange = network.LabelChange,
                Layers = network.Layers,
                Processor = MachineDescription.Current.Processor,
                Runtime = SegmentationModel.RuntimeVersion,
            };
            if (report.Loss is not { } loss) throw new EvaluationException($"{string.Join(", ", data)}: no point counts, so that the loss of accuracy is unknown; see --ignore.");
            if (json) Console.Out.WriteLine(report.ToJson().ToJsonString(QuantizationReport.Indented));
            else QuantizationTables.Write(AnsiConsole.Console, report);
            if (!report.Passed)
                return CommandFault.Report(1, FormattableString.Invariant($"{folder}: int8 loses {loss:F2} points of mean IoU, and {maxLoss:F2} are allowed (--max-loss); nothing was written"));

            ModelBundle written = BundleQuantization.Write(source, network, output, report.ToJson());
            if (source.Signature is { } signature) Note($"the signature of {signature} is of the bundle in fp32 and was left behind; sign the new one with model sign");
            Note($"{written.Folder}: {written.Description.Name} {written.Description.Version} int8, id {written.Id}");
            return 0;
        }
        finally
        {
            foreach (BlockTensors block in blocks) block.Neighbourhoods.Dispose();
            scratch.Delete(recursive: true);
        }
    }

    private static async Task<EvaluationReport> JudgeAsync(ModelBundle bundle, string[] data, EvaluationOptions judging, CancellationToken cancellation)
    {
        using SegmentationModel model = SegmentationModel.Load(bundle);
        return await ModelAccuracy.MeasureAsync(model, data, judging.Map, judging.Ignore, cancellation);
    }

    /// <summary>Progress goes where it is not in the way of the result.</summary>
    private static void Note(string text) => Console.Error.WriteLine(text);
}
