using System.CommandLine;
using System.Diagnostics;
using BatchSegmenter.Pipeline.Synthesis;

namespace BatchSegmenter.Commands;

/// <summary><c>batchsegmenter synthesize</c>: make a simulated survey with true classes.</summary>
internal static class SynthesizeCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> output = new("OUT") { Description = "The .las or .laz file to write." };
        Option<long> points = new("--points") { Description = "How many points to make, exactly.", Required = true, HelpName = "N" };
        Option<ulong> seed = new("--seed") { Description = "Another seed, another world; the same seed, the same bytes.", HelpName = "S", DefaultValueFactory = _ => 1 };
        Option<double> density = new("--density") { Description = "Points per square metre, 0.05 to 200.", HelpName = "D", DefaultValueFactory = _ => 8 };
        Command command = new("synthesize", "Make a simulated airborne survey with true classes: LAS 1.4, point format 6, metres, EPSG:32632.") { output, points, seed, density };
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(
            parsed.GetRequiredValue(output),
            new SynthesisOptions { Points = parsed.GetValue(points), Seed = parsed.GetValue(seed), Density = parsed.GetValue(density) },
            cancellation)));
        return command;
    }

    private static int Run(string output, SynthesisOptions options, CancellationToken cancellation)
    {
        if (FileCommand.RefuseAddress(output) is { } refused) return refused;
        string extension = Path.GetExtension(output).ToLowerInvariant();
        if (extension is not (".las" or ".laz"))
            return CommandFault.Report(2, $"{output}: the name ends in '{extension}', expected .las or .laz.");
        try
        {
            Stopwatch clock = Stopwatch.StartNew();
            SyntheticSurveyFile.Write(output, options, cancellation: cancellation);
            Console.Out.WriteLine($"{output}: {options.Points:N0} points over {options.Edge:F0} m x {options.Edge:F0} m in {clock.Elapsed.TotalSeconds:F1} s");
            return 0;
        }
        catch (ArgumentOutOfRangeException fault)
        {
            return CommandFault.Report(2, $"--{fault.ParamName!.ToLowerInvariant()} is {fault.ActualValue}, {fault.Message.Split(" (")[0]}.");
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return CommandFault.Report(3, $"{output}: cannot be written: {fault.Message}");
        }
    }
}
