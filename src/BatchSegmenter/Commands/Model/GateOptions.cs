using System.CommandLine;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Evaluation;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Commands.Model;

/// <summary>The options that commands have in common which make a bundle of another one and judge it by labelled surveys.</summary>
internal sealed class GateOptions
{
    private readonly Argument<string> _folder = new("BUNDLE") { Description = "The model bundle in fp32, with neighbourhoods outside." };
    private readonly Option<string[]> _data = Surveys("--data", "Labelled files, folders or globs, all of whose points judge.", required: true);
    private readonly Option<string[]> _calibration = Surveys("--calibration", "Files, folders or globs, some of whose blocks calibrate; labels are not needed. Default: those of --data, which then judge what they calibrated.", required: false);
    private readonly Option<string> _output = new("--output", "--out") { Description = "The folder to make. A model bundle that is there is replaced.", Required = true, HelpName = "BUNDLE" };
    private readonly Option<double> _maxLoss = new("--max-loss") { Description = "Points of mean IoU (hundredths) that may be lost; if more are, nothing is written.", HelpName = "POINTS", DefaultValueFactory = _ => 0.5 };
    private readonly Option<int> _blocks = new("--blocks") { Description = "Blocks to calibrate with, spread over the surveys.", HelpName = "N", DefaultValueFactory = _ => 48 };
    private readonly Option<string[]> _map = new("--map") { Description = "Read a class as another when judging: --map 3=5 --map 4=5 merges vegetation.", HelpName = "CLASS=CLASS", AllowMultipleArgumentsPerToken = true };
    private readonly Option<byte[]> _ignore = new("--ignore")
    {
        Description = "Leave out points whose true class (after --map) is this. Given at all, it replaces the default.", HelpName = "CODE", AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. EvaluationOptions.DefaultIgnore],
    };
    private readonly Option<bool> _json = new("--json") { Description = "Print the report as one JSON object." };

    /// <summary>Adds all of them to a command, and the command's action.</summary>
    /// <param name="command">The command.</param>
    /// <param name="action">Gets what was given, checked; its faults become exit codes.</param>
    public void AddTo(Command command, Func<ParseResult, BundleGate, CancellationToken, Task<int>> action)
    {
        command.Add(_folder);
        foreach (Option option in (ReadOnlySpan<Option>)[_data, _calibration, _output, _maxLoss, _blocks, _map, _ignore, _json]) command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                return await action(parsed, Read(parsed), cancellation);
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
    }

    /// <summary>An option that names surveys.</summary>
    public static Option<string[]> Surveys(string name, string description, bool required) =>
        new(name) { Description = description, Required = required, HelpName = "FILE|DIR", AllowMultipleArgumentsPerToken = true };

    private BundleGate Read(ParseResult parsed)
    {
        if (parsed.GetValue(_maxLoss) is not (>= 0 and <= 100)) throw new FormatException(FormattableString.Invariant($"--max-loss: found {parsed.GetValue(_maxLoss)}; expected points of mean IoU, 0 to 100"));
        if (parsed.GetValue(_blocks) is not (>= 1 and <= 10_000)) throw new FormatException($"--blocks: found {parsed.GetValue(_blocks)}; expected 1 to 10000");
        string folder = parsed.GetRequiredValue(_folder), target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(_output)));
        if (target == Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) throw new FormatException("--output: the bundle itself; it stays as it is, so choose another folder");
        return new BundleGate
        {
            Folder = folder,
            Data = [.. parsed.GetRequiredValue(_data).Select(Path.GetFullPath)],
            Calibration = [.. (parsed.GetValue(_calibration) ?? []).Select(Path.GetFullPath)],
            Output = target,
            MaxLoss = parsed.GetValue(_maxLoss),
            BlockCount = parsed.GetValue(_blocks),
            Judging = new EvaluationOptions { Predicted = "", Truth = "", Map = EvaluateCommand.Mappings(parsed.GetValue(_map) ?? []), Ignore = parsed.GetValue(_ignore)! },
            Json = parsed.GetValue(_json),
        };
    }
}
