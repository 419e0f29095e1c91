using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Graph;
using Spectre.Console;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model info</c>: what a bundle is and what it needs.</summary>
internal static class ModelInfoCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> folder = new("BUNDLE") { Description = "A model bundle's folder." };
        Option<bool> json = new("--json") { Description = "Print one JSON object: id, files, weights and the content of model.json." };
        Command command = new("info", "Show what a model bundle is: classes, input, network, where it comes from.") { folder, json };
        command.SetAction(parsed =>
        {
            try
            {
                ModelBundle bundle = ModelBundle.Load(parsed.GetRequiredValue(folder));
                if (parsed.GetValue(json)) Console.Out.WriteLine(Json(bundle));
                else Write(AnsiConsole.Console, bundle);
                return 0;
            }
            catch (ModelBundleNotFoundException fault)
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

    private static string Json(ModelBundle bundle)
    {
        JsonObject files = [];
        foreach ((string file, string hash) in bundle.Files) files[file] = hash;
        JsonObject content = new()
        {
            ["path"] = bundle.Folder,
            ["id"] = bundle.Id,
            ["files"] = files,
            ["weights"] = Weights(bundle),
            ["nodes"] = bundle.Graph.Nodes.Count,
            ["opset"] = bundle.Graph.Opset,
            ["model"] = JsonNode.Parse(bundle.Description.ToJson()),
        };
        return content.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private static void Write(IAnsiConsole console, ModelBundle bundle)
    {
        if (Console.IsOutputRedirected) console.Profile.Width = 200;
        ModelDescription model = bundle.Description;
        console.WriteLine($"{model.Name} {model.Version}");
        if (model.Description.Length > 0) console.WriteLine(model.Description);
        console.WriteLine($"id {bundle.Id}");

        Table classes = new Table().Title("Classes").AddColumns("id", "class", "ASPRS code", "colour");
        foreach (ClassDescription it in model.Classes)
        {
            string code = it.ByHeight is null ? it.Asprs?.ToString(CultureInfo.InvariantCulture) ?? "" : string.Join("/", it.ByHeight.Select(step => step.Asprs)) + " by height";
            classes.AddRow(new Text($"{it.Id}"), new Text(it.Name), new Text(code), new Text(it.Color));
        }
        console.Write(classes);

        InputDescription input = model.Input;
        Table facts = new Table().HideHeaders().AddColumns("", "");
        Row("features", string.Join(", ", input.Features.Select(feature => feature.Missing == MissingFeature.Fail ? $"{feature.Name} (required)" : feature.Name)));
        Row("thinning", Invariant($"{input.Thinning.Edge} m, height {input.Thinning.Height} m"));
        Row("block", Invariant($"{input.Block.Points} points, {input.Block.Core} in its core"));
        Row("unit", input.Unit == BlockUnit.Spacing ? "local point spacing" : "metre");
        if (model.Trained is { } trained) Row("trained for", Invariant($"{trained.Density[0]} to {trained.Density[1]} points/m²"));
        Row("network", Invariant($"{model.PointNet2.Levels.Count} levels, {Weights(bundle):N0} weights, {bundle.Graph.Nodes.Count} nodes, opset {bundle.Graph.Opset}"));
        Row("files", string.Join(", ", bundle.Files.Keys));
        console.Write(facts);

        void Row(string key, string value) => facts.AddRow(new Text(key), new Text(value));
    }

    private static long Weights(ModelBundle bundle) =>
        bundle.Graph.Initializers.Where(tensor => tensor.Type == ElementType.Float32).Sum(tensor => tensor.Shape.Aggregate(1L, (product, extent) => product * extent));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
