using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model build</c>: a trainer's checkpoint becomes a bundle that <c>run</c> can use.</summary>
internal static class ModelBuildCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> checkpoint = new("CHECKPOINT") { Description = "The trainer's .safetensors file." };
        Option<string> bundle = new("--out", "--output") { Description = "The folder to make. A model bundle that is there is replaced.", Required = true, HelpName = "BUNDLE" };
        Option<string?> golden = new("--golden") { Description = "Blocks with the trainer's own scores. Default: NAME.golden.safetensors beside the checkpoint.", HelpName = "FILE" };
        Option<string[]> evaluation = new("--evaluation") { Description = "A report of evaluate --json for the model card, under a name; may be repeated.", HelpName = "NAME=FILE" };
        Command command = new("build", "Make a model bundle of a checkpoint, and check that it scores as the trainer's network does.") { checkpoint, bundle, golden, evaluation };
        command.SetAction(parsed =>
        {
            try
            {
                BuiltBundle built = BundleBuilder.Build(parsed.GetRequiredValue(checkpoint), parsed.GetRequiredValue(bundle), parsed.GetValue(golden), Evaluations(parsed.GetValue(evaluation) ?? []));
                Console.Out.WriteLine(FormattableString.Invariant(
                    $"{built.Bundle.Folder}: {built.Bundle.Description.Name} {built.Bundle.Description.Version}, {built.Parameters:N0} parameters, id {built.Bundle.Id}"));
                Console.Out.WriteLine(FormattableString.Invariant(
                    $"golden: {built.Golden.Blocks} blocks, {built.Golden.Points:N0} points, labels equal, scores within {built.Golden.LargestDifference:G3} of the trainer's ({GoldenBlocks.Tolerance:G3} allowed)"));
                return 0;
            }
            catch (FormatException fault)
            {
                return CommandFault.Report(2, fault);
            }
            catch (FileNotFoundException fault)
            {
                return CommandFault.Report(2, fault);
            }
            catch (Exception fault) when (fault is ModelException or IOException or UnauthorizedAccessException)
            {
                return CommandFault.Report(1, fault);
            }
        });
        return command;
    }

    private static Dictionary<string, JsonObject> Evaluations(string[] texts)
    {
        Dictionary<string, JsonObject> evaluations = [];
        foreach (string text in texts)
        {
            if (text.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } file]) throw new FormatException($"--evaluation {text}: expected NAME=FILE");
            try
            {
                evaluations[name] = JsonNode.Parse(File.ReadAllText(file)) as JsonObject ?? throw new FormatException($"{file}: expected the object that evaluate --json prints");
            }
            catch (JsonException fault)
            {
                throw new FormatException($"{file}: expected the object that evaluate --json prints: {fault.Message}", fault);
            }
        }

        return evaluations;
    }
}
