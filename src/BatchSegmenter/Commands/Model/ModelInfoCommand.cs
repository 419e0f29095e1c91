using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using Spectre.Console;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model info</c>: what a bundle is and what it needs.</summary>
internal static class ModelInfoCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> folder = new("BUNDLE") { Description = "A model bundle's folder." };
        Option<bool> json = new("--json") { Description = "Print one JSON object: id, files, signature, weights and the contents of model.json and verification.json." };
        Command command = new("info", "Show what a model bundle is: classes, input, network, where it comes from, how good it is, who signed it.") { folder, json };
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
        JsonObject files = [], sizes = [];
        foreach ((string file, string hash) in bundle.Files)
        {
            files[file] = hash;
            sizes[file] = Size(bundle, file);
        }

        JsonObject content = new()
        {
            ["path"] = bundle.Folder,
            ["id"] = bundle.Id,
            ["files"] = files,
            ["sizes"] = sizes,
            ["signature"] = bundle.Signature is not { } signature ? null : new JsonObject
            {
                ["valid"] = true, // a bundle with another one is not loaded
                ["subject"] = signature.Certificate.Subject,
                ["issuer"] = signature.Certificate.Issuer,
                ["thumbprint"] = signature.Thumbprint,
                ["algorithm"] = signature.Algorithm,
                ["signed"] = signature.Signed,
                ["notBefore"] = signature.Certificate.NotBefore.ToUniversalTime(),
                ["notAfter"] = signature.Certificate.NotAfter.ToUniversalTime(),
            },
            ["weights"] = Weights(bundle),
            ["nodes"] = bundle.Graph.Nodes.Count,
            ["opset"] = bundle.Graph.Opset,
            ["model"] = JsonNode.Parse(bundle.Description.ToJson()),
            ["verification"] = Verification(bundle),
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
        console.WriteLine(bundle.Signature is { } signature
            ? Invariant($"signed by {signature}, issued by {signature.Certificate.Issuer}, at {signature.Signed:u} with {signature.Algorithm}: valid")
            : "not signed");

        Table classes = Titled("Classes", "id", "class", "ASPRS code", "colour");
        foreach (ClassDescription it in model.Classes)
            Add(classes, $"{it.Id}", it.Name, it.ByHeight is null ? it.Asprs?.ToString(CultureInfo.InvariantCulture) ?? "" : ByHeight(it.ByHeight), it.Color);
        console.Write(classes);

        Table features = Titled("Features of a point", "feature", "where a file lacks it", "unit", "scaled by", "then added", "meaning");
        foreach (FeatureDescription it in model.Input.Features)
            Add(features, it.Name, it.Missing == MissingFeature.Fail ? "the file is refused" : "filled in", it.Unit ?? "", Invariant($"{it.Scale}"), Invariant($"{it.Offset}"), it.Meaning ?? "");
        console.Write(features);
        console.Write(Facts(bundle));

        if (model.Provenance is { Count: > 0 } provenance) console.Write(Nested("Provenance", provenance));
        if (model.Metrics?["evaluations"] is JsonObject evaluations) console.Write(Evaluations(evaluations));
        else if (model.Metrics is { Count: > 0 } metrics) console.Write(Nested("Metrics", metrics));
        if (Verification(bundle) is { } verification) console.Write(Checks(verification));

        Table files = Titled("Files", "file", "bytes", "SHA-256");
        foreach ((string file, string hash) in bundle.Files) Add(files, file, Invariant($"{Size(bundle, file):N0}"), hash);
        console.Write(files);
    }

    private static Table Facts(ModelBundle bundle)
    {
        ModelDescription model = bundle.Description;
        InputDescription input = model.Input;
        Table facts = new Table().Title("Input and network").HideHeaders().AddColumns("", "");
        Add(facts, "task", model.Architecture.Task == NetworkTask.Segmentation ? "a class for every point" : "a class for a block as a whole");
        Add(facts, "thinning", Invariant($"{input.Thinning.Edge} m, height {input.Thinning.Height} m"));
        Add(facts, "block", Invariant($"{input.Block.Points} points, {input.Block.Core} in its core"));
        Add(facts, "unit", input.Unit == BlockUnit.Spacing ? "local point spacing" : "metre");
        Add(facts, "origin", input.Origin == BlockOrigin.Base ? "middle of the block in plan, its lowest point in height" : "mean of the block's points");
        if (model.Trained is { } trained) Add(facts, "trained for", Invariant($"{trained.Density[0]} to {trained.Density[1]} points/m²"));
        string family = model.Architecture is PointNet2Description pointNet2 ? $"PointNet++ of {pointNet2.Levels.Count} levels" : model.Architecture.GetType().Name.Replace("Description", "");
        Add(facts, "network", Invariant($"{family}, {Weights(bundle):N0} weights, {bundle.Graph.Nodes.Count} nodes, opset {bundle.Graph.Opset}, neighbourhoods {(model.Neighbourhoods == NeighbourhoodPlace.Inside ? "inside" : "outside")}"));
        Add(facts, "precision", model.Quantization is { } quantization ? $"{model.Precision.ToString().ToLowerInvariant()}, made of {quantization.Source}" : "fp32");
        Add(facts, "scores", model.Output switch { ScoreKind.LogSoftmax => "logarithms of probabilities", ScoreKind.Probabilities => "probabilities", _ => "logits" });
        return facts;
    }

    private static Table Evaluations(JsonObject evaluations)
    {
        Table table = Titled("Measured on", "surveys", "points", "accuracy", "mean IoU");
        foreach ((string name, JsonNode? evaluation) in evaluations)
            if (evaluation?["pooled"] is JsonObject pooled)
                Add(table, name, Number(pooled["points"], "N0"), Number(pooled["accuracy"], "F3"), Number(pooled["meanIoU"], "F3"));
        return table;
    }

    private static Table Checks(JsonObject verification)
    {
        Table table = Titled($"Verification: passed {verification["passed"]}, compared with {verification["checkpoint"]?.ToString() ?? "no checkpoint"}", "check", "on", "outcome", "");
        foreach (JsonObject check in (verification["checks"] as JsonArray ?? []).OfType<JsonObject>())
            Add(table, $"{check["name"]}", $"{check["on"]}", $"{check["outcome"]}", $"{check["detail"]}");
        return table;
    }

    /// <summary>A free JSON object as rows: what is nested under dotted keys, what is long in part.</summary>
    private static Table Nested(string title, JsonObject content)
    {
        Table table = new Table().Title(title).HideHeaders().AddColumns("", "");
        Fill(content, "");
        return table;

        void Fill(JsonObject level, string prefix)
        {
            const int MostShown = 300;
            foreach ((string key, JsonNode? value) in level)
            {
                string text = value is JsonArray list ? string.Join(", ", list.Select(item => item?.ToString() ?? "null")) : value?.ToString() ?? "";
                if (value is JsonObject inner) Fill(inner, $"{prefix}{key}.");
                else Add(table, prefix + key, text.Length > MostShown ? $"{text[..MostShown]}…" : text);
            }
        }
    }

    private static JsonObject? Verification(ModelBundle bundle)
    {
        if (!bundle.Files.ContainsKey(VerificationReport.JsonFile)) return null;
        string path = Path.Combine(bundle.Folder, VerificationReport.JsonFile);
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new InvalidModelBundleException(path, "it is no JSON object");
        }
        catch (JsonException fault)
        {
            throw new InvalidModelBundleException(path, $"it is no JSON: {fault.Message}", fault);
        }
    }

    private static string ByHeight(IReadOnlyList<HeightClass> steps) =>
        string.Join(", ", steps.Select(step => step.Below is double limit ? Invariant($"{step.Asprs} below {limit} m") : Invariant($"{step.Asprs} above")));

    private static string Number(JsonNode? node, string format) => node is JsonValue value && value.TryGetValue(out double number) ? number.ToString(format, CultureInfo.InvariantCulture) : "";

    private static Table Titled(string title, params string[] columns) => new Table().Title(Markup.Escape(title)).AddColumns(columns);

    private static void Add(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    private static long Size(ModelBundle bundle, string file) => new FileInfo(Path.Combine(bundle.Folder, file)).Length;

    private static long Weights(ModelBundle bundle) =>
        bundle.Graph.Initializers.Where(tensor => tensor.Type is ElementType.Float32 or ElementType.Int8).Sum(tensor => tensor.Shape.Aggregate(1L, (product, extent) => product * extent));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
