using System.CommandLine;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model convert</c>: somebody's PyTorch checkpoint becomes a bundle that is proven to be the same network.</summary>
internal static class ModelConvertCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> checkpoint = new("CHECKPOINT") { Description = "A .pth, .pt, .t7 or .safetensors file with the parameters of a PointNet++, PointNet or PointNeXt." };
        Option<string> bundle = new("--out", "--output") { Description = "The folder to make. A model bundle that is there is replaced.", Required = true, HelpName = "BUNDLE" };
        Option<NeighbourhoodPlace> place = new("--neighbourhoods") { Description = "Whether the network computes neighbourhoods itself (inside), for other servers, or our kernels do (outside), which is faster.", HelpName = "outside|inside" };
        Option<MissingFeature> missing = new("--missing")
        {
            Description = "What run does with files that lack a channel, such as colour: refuse them (fail), or put 0 (fill).", HelpName = "fail|fill", DefaultValueFactory = _ => MissingFeature.Fail,
        };
        Option<string?> name = new("--name") { Description = "The model's name. Default: the checkpoint's.", HelpName = "NAME" };
        Option<string> version = new("--version-number") { Description = "The model's version.", HelpName = "VERSION", DefaultValueFactory = _ => "1" };
        Option<string[]> golden = new("--golden") { Description = "An .npz file with points and the scores that the checkpoint's own network gives them; may be repeated.", HelpName = "FILE" };
        ParameterOptions parameters = new();
        Command command = new("convert", "Make a model bundle of a PyTorch checkpoint, and prove that it computes the same.") { checkpoint, bundle, place, missing, name, version, golden };
        parameters.AddTo(command);
        command.SetAction(parsed => ModelCommand.Run(() =>
        {
            string path = parsed.GetRequiredValue(checkpoint);
            if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file");
            ConvertedBundle converted = BundleConverter.Convert(path, parsed.GetRequiredValue(bundle), new ConversionOptions
            {
                Sources = parameters.Sources(parsed),
                Neighbourhoods = parsed.GetValue(place),
                Missing = parsed.GetValue(missing),
                Name = parsed.GetValue(name),
                Version = parsed.GetRequiredValue(version),
                Golden = [.. (parsed.GetValue(golden) ?? []).Select(file => (Path.GetFileName(file), GoldenVectors.Read(file)))],
            });
            ModelReports.Write(converted.Network);
            ModelReports.Write(converted.Report);
            if (converted.Bundle is null)
            {
                Console.Error.WriteLine($"{path}: the converted network is not proven to be the same, so no bundle was written");
                return 1;
            }

            Console.Out.WriteLine($"{converted.Bundle.Folder}: {converted.Bundle.Description.Name} {converted.Bundle.Description.Version}, id {converted.Bundle.Id}");
            return 0;
        }));
        return command;
    }
}
