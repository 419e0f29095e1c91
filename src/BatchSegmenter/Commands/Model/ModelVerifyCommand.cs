using System.CommandLine;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks.Evaluation;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model verify</c>: proves anew that a bundle is sound and computes what it must.</summary>
internal static class ModelVerifyCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> folder = new("BUNDLE") { Description = "The model bundle." };
        Option<string?> checkpoint = new("--checkpoint") { Description = "The checkpoint that the bundle was made of, to compare with.", HelpName = "FILE" };
        Option<string[]> golden = new("--golden") { Description = "An .npz file with points and scores to compare with; may be repeated.", HelpName = "FILE" };
        Option<string?> report = new("--report") { Description = "A folder for verification.json and verification.md.", HelpName = "FOLDER" };
        Option<bool> json = new("--json") { Description = "Print the report as JSON." };
        ParameterOptions parameters = new();
        Command command = new("verify", "Prove that a model bundle is sound and computes what its checkpoint does.") { folder, checkpoint, golden, report, json };
        parameters.AddTo(command);
        command.SetAction(parsed => ModelCommand.Run(() =>
        {
            ModelBundle bundle = ModelBundle.Load(parsed.GetRequiredValue(folder));
            VerificationReport found = BundleVerification.Verify(bundle, new VerificationInputs
            {
                Checkpoint = parsed.GetValue(checkpoint) is string path ? BundleCheckpoint.Open(path, bundle.Description.Architecture, parameters.Sources(parsed)) : null,
                Blocks = bundle.Files.ContainsKey(BundleBuilder.GoldenFile) ? GoldenBlocks.Of(SafetensorsFile.Read(Path.Combine(bundle.Folder, BundleBuilder.GoldenFile))) : null,
                Golden = [.. Own(bundle), .. (parsed.GetValue(golden) ?? []).Select(file => (Path.GetFileName(file), GoldenVectors.Read(file)))],
            });
            if (parsed.GetValue(report) is string target)
            {
                Directory.CreateDirectory(target);
                File.WriteAllText(Path.Combine(target, VerificationReport.JsonFile), found.ToJson());
                File.WriteAllText(Path.Combine(target, VerificationReport.TextFile), found.ToText());
            }

            if (parsed.GetValue(json)) Console.Out.Write(found.ToJson());
            else ModelReports.Write(found);
            return found.Passed ? 0 : 1;
        }));
        return command;
    }

    private static IEnumerable<(string, GoldenVectors)> Own(ModelBundle bundle)
    {
        if (bundle.Files.ContainsKey(BundleConverter.GoldenFile))
            yield return (BundleConverter.GoldenFile, GoldenVectors.Read(Path.Combine(bundle.Folder, BundleConverter.GoldenFile)));
    }
}
