using System.CommandLine;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Inference.Verification;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model pack</c>: an ONNX file of any origin and its description become a bundle.</summary>
internal static class ModelPackCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> network = new("NETWORK.onnx") { Description = "A network with points in and scores out." };
        Option<string> description = new("--description") { Description = "The model.json of the bundle: input, layout, features, classes; see pipelines/model.schema.json.", Required = true, HelpName = "FILE" };
        Option<string> bundle = new("--out", "--output") { Description = "The folder to make. A model bundle that is there is replaced.", Required = true, HelpName = "BUNDLE" };
        Option<string?> golden = new("--golden") { Description = "An .npz file with points and scores to compare with and to keep in the bundle.", HelpName = "FILE" };
        Command command = new("pack", "Make a model bundle of an ONNX file of other origin.") { network, description, bundle, golden };
        command.SetAction(parsed => ModelCommand.Run(() =>
        {
            (string path, string json) = (parsed.GetRequiredValue(network), parsed.GetRequiredValue(description));
            (VerificationReport report, ModelBundle? packed) = BundlePacker.Pack(path, ModelDescription.Parse(File.ReadAllText(json), json), parsed.GetRequiredValue(bundle), parsed.GetValue(golden));
            ModelReports.Write(report);
            if (packed is null)
            {
                Console.Error.WriteLine($"{path}: the network can't be used, so no bundle was written");
                return 1;
            }

            Console.Out.WriteLine($"{packed.Folder}: {packed.Description.Name} {packed.Description.Version}, id {packed.Id}");
            return 0;
        }));
        return command;
    }
}
