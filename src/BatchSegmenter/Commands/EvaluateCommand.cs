using System.CommandLine;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Evaluation;
using Spectre.Console;

namespace BatchSegmenter.Commands;

/// <summary><c>batchsegmenter evaluate</c>: how right predicted classes are.</summary>
internal static class EvaluateCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Option<string> predicted = new("--predicted") { Description = "A LAS, LAZ or Parquet file, a folder of them, or a run's output folder.", Required = true, HelpName = "FILE|DIR" };
        Option<string> truth = new("--truth") { Description = "The same points with true classes: a LAS, LAZ or Parquet file, or a folder of them.", Required = true, HelpName = "FILE|DIR" };
        Option<string[]> map = new("--map") { Description = "Read a class as another, on both sides: --map 3=5 --map 4=5 merges vegetation.", HelpName = "CLASS=CLASS", AllowMultipleArgumentsPerToken = true };
        Option<byte[]> ignore = new("--ignore")
        {
            Description = "Leave out points whose true class (after --map) is this. Given at all, it replaces the default.",
            HelpName = "CODE",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. EvaluationOptions.DefaultIgnore],
        };
        Option<bool> json = new("--json") { Description = "Print one JSON object instead of tables." };
        Option<double?> minimumAccuracy = new("--min-accuracy") { Description = "Exit with 1 where the overall accuracy is below this share.", HelpName = "SHARE" };
        Option<double?> minimumIou = new("--min-iou") { Description = "Exit with 1 where the mean IoU is below this share.", HelpName = "SHARE" };
        Command command = new("evaluate", "Compare predicted classes with true ones: accuracy, IoU, confusion, and where the errors are.")
            { predicted, truth, map, ignore, json, minimumAccuracy, minimumIou };
        command.SetAction(async (parsed, cancellation) =>
        {
            if ((FileCommand.RefuseAddress(parsed.GetRequiredValue(predicted)) ?? FileCommand.RefuseAddress(parsed.GetRequiredValue(truth))) is { } refused) return refused;
            try
            {
                EvaluationOptions options = new()
                {
                    Predicted = parsed.GetRequiredValue(predicted),
                    Truth = parsed.GetRequiredValue(truth),
                    Map = Mappings(parsed.GetValue(map) ?? []),
                    Ignore = parsed.GetValue(ignore)!,
                };
                EvaluationReport report = await SurveyEvaluation.RunAsync(options, cancellation);
                if (parsed.GetValue(json)) Console.Out.WriteLine(report.ToJson());
                else EvaluationTables.Write(AnsiConsole.Console, report);
                return Gate("overall accuracy", report.OverallAccuracy, parsed.GetValue(minimumAccuracy))
                    & Gate("mean IoU", report.MeanIou, parsed.GetValue(minimumIou)) ? 0 : 1;
            }
            catch (FormatException fault)
            {
                return CommandFault.Report(2, fault);
            }
            catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
            {
                return CommandFault.Report(2, fault);
            }
            catch (Exception fault) when (fault is EvaluationException or PointCloudException or IOException or UnauthorizedAccessException)
            {
                return CommandFault.Report(1, fault);
            }
            catch (OperationCanceledException)
            {
                return 130;
            }
        });
        return command;
    }

    /// <summary>The map that <c>--map</c> gives.</summary>
    /// <exception cref="FormatException">A text is no mapping, or two contradict each other.</exception>
    internal static Dictionary<byte, byte> Mappings(string[] texts)
    {
        Dictionary<byte, byte> map = [];
        foreach ((byte from, byte to) in texts.Select(EvaluationOptions.ParseMapping))
            if (!map.TryAdd(from, to) && map[from] != to)
                throw new FormatException($"--map reads class {from} both as {map[from]} and as {to}; expected one of them.");
        return map;
    }

    private static bool Gate(string figure, double? value, double? minimum)
    {
        if (minimum is not { } least || value >= least) return true;
        Console.Error.WriteLine($"{figure} is {(value is { } found ? found.ToString("F4") : "undefined")}, expected at least {least}.");
        return false;
    }
}
