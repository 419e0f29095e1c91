using System.CommandLine;
using BatchSegmenter.Commands;
using BatchSegmenter.Commands.Model;

const int UsageError = 2;

Option<string> logLevel = new Option<string>("--log-level") { Description = "debug shows stack traces with errors.", Recursive = true, DefaultValueFactory = _ => "info" }
    .AcceptOnlyFromAmong("info", "debug");
RootCommand root = new(
    """
    Labels survey point clouds with a PointNet++ network and writes the result as Parquet and LAS.

    A first run, on the samples that come with it:
      batchsegmenter run pipelines/quickstart.json
    A survey of your own:
      batchsegmenter run pipelines/quickstart.json --input 'surveys/*.laz' --output labelled/
      batchsegmenter evaluate --predicted labelled/ --truth checked/ --map 3=5 --map 4=5
    """)
{
    RunCommand.Create(),
    InspectCommand.Create(),
    TranslateCommand.Create(),
    EvaluateCommand.Create(),
    SynthesizeCommand.Create(),
    new Command("bench", "Measure speed on this machine.") { BenchReadCommand.Create() },
    new Command("model", "Make and describe model bundles.") { ModelBlocksCommand.Create(), ModelBuildCommand.Create(), ModelConvertCommand.Create(), ModelVerifyCommand.Create(), ModelPackCommand.Create(), ModelInfoCommand.Create(), ModelQuantizeCommand.Create(), ModelPruneCommand.Create(), ModelBenchCommand.Create(), ModelSignCommand.Create(TimeProvider.System) },
    logLevel,
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors) CommandFault.Report(UsageError, $"error: {error.Message}");
    Console.Error.WriteLine($"{NameOf(parsed.CommandResult.Command)} --help tells what is expected.");
    return UsageError;
}

CommandFault.ShowsTraces = parsed.GetValue(logLevel) == "debug";

// Tiles in flight need a moment to end after Ctrl-C or a scheduler's SIGTERM.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });

static string NameOf(Command command) =>
    command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{NameOf(parent)} {command.Name}" : "batchsegmenter";
