using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference;

/// <summary>A bundle that was built, and what proves it.</summary>
/// <param name="Bundle">The bundle in its folder.</param>
/// <param name="Parameters">Trained parameters of the network.</param>
/// <param name="Golden">How close it came to the trainer's own scores.</param>
public sealed record BuiltBundle(ModelBundle Bundle, long Parameters, GoldenComparison Golden);

/// <summary>
/// Turns a trainer's checkpoint into a model bundle. The checkpoint's metadata hold <c>architecture</c> and <c>bundle</c> (all of
/// <c>model.json</c> but the architecture), and may hold <c>recipe</c> and <c>metrics</c>, which go into provenance and model card.
/// </summary>
public static class BundleBuilder
{
    /// <summary>The golden blocks' file inside a bundle.</summary>
    public const string GoldenFile = "golden.safetensors";

    /// <summary>Builds a bundle; nothing appears under its name unless its scores are those of the trainer's network.</summary>
    /// <param name="checkpoint">The <c>.safetensors</c> file.</param>
    /// <param name="folder">Where the bundle shall lie.</param>
    /// <param name="golden">The golden blocks; null for <c>NAME.golden.safetensors</c> beside <c>NAME.safetensors</c>.</param>
    /// <param name="evaluations">Reports of <c>evaluate --json</c> by what they were made on, for the model card; may be null.</param>
    /// <exception cref="FileNotFoundException">Checkpoint or golden blocks are missing.</exception>
    /// <exception cref="ModelException">Checkpoint, description or golden blocks are invalid, or the scores differ.</exception>
    /// <exception cref="IOException">A file can't be read or written.</exception>
    public static BuiltBundle Build(string checkpoint, string folder, string? golden = null, IReadOnlyDictionary<string, JsonObject>? evaluations = null)
    {
        golden ??= Path.ChangeExtension(checkpoint, ".golden.safetensors");
        foreach ((string path, string what) in (ReadOnlySpan<(string, string)>)[(checkpoint, "checkpoint"), (golden, "golden blocks, which prove that the bundle computes what was trained,")])
            if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file; the {what} should be there");

        SafetensorsFile trained = SafetensorsFile.Read(checkpoint);
        ModelDescription description = Describe(trained, evaluations);
        PointNet2Weights weights = PointNet2Weights.Load(Checkpoint.Of(trained), description.PointNet2);
        byte[] goldenBytes = File.ReadAllBytes(golden);
        GoldenBlocks blocks = GoldenBlocks.Of(SafetensorsFile.Read(goldenBytes, golden));
        Dictionary<string, byte[]> others = new()
        {
            [ModelCard.FileName] = Encoding.UTF8.GetBytes(ModelCard.Write(description, weights.ParameterCount)),
            [GoldenFile] = goldenBytes,
        };

        OnnxGraph graph = PointNet2Graph.Rewritten(weights);
        GoldenComparison comparison = InScratch(description, graph, bundle => Compare(bundle, blocks));
        // The network as the paper has it, with nothing rewritten, must give the golden scores as well.
        InScratch(description, PointNet2Graph.Plain(weights), bundle => Compare(bundle, blocks));
        VerificationInputs inputs = new() { Checkpoint = BundleCheckpoint.Open(checkpoint, description.Architecture, []), Blocks = blocks };
        VerificationReport report = InScratch(description, graph, bundle => BundleVerification.Verify(bundle, inputs));
        if (!report.Passed)
            throw new InvalidModelBundleException(folder, $"the network is not proven to be that of {checkpoint}: {string.Join("; ", report.Checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => $"{check.Name}: {check.Detail}"))}");
        others[VerificationReport.JsonFile] = Encoding.UTF8.GetBytes(report.ToJson());
        others[VerificationReport.TextFile] = Encoding.UTF8.GetBytes(report.ToText());
        return new BuiltBundle(ModelBundleWriter.Write(folder, description, graph, others), weights.ParameterCount, comparison);
    }

    private static GoldenComparison Compare(ModelBundle bundle, GoldenBlocks blocks)
    {
        using SegmentationModel model = SegmentationModel.Load(bundle);
        return blocks.Compare(model);
    }

    /// <summary>Uses a bundle that is in nobody's way.</summary>
    internal static T InScratch<T>(ModelDescription description, OnnxGraph graph, Func<ModelBundle, T> use) =>
        InScratch(path => ModelBundleWriter.Write(path, description, graph), use);

    /// <inheritdoc cref="InScratch{T}(ModelDescription, OnnxGraph, Func{ModelBundle, T})"/>
    internal static T InScratch<T>(Func<string, ModelBundle> write, Func<ModelBundle, T> use)
    {
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("bundle");
        try
        {
            return use(write(Path.Combine(scratch.FullName, "bundle")));
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static ModelDescription Describe(SafetensorsFile checkpoint, IReadOnlyDictionary<string, JsonObject>? evaluations)
    {
        PointNet2Description.Parse(Required("architecture"), checkpoint.Path);
        JsonObject model = Object("bundle", Required("bundle"));
        model["format"] = 1;
        model["architecture"] = Object("architecture", Required("architecture"));
        if (checkpoint.Metadata.TryGetValue("recipe", out string? recipe))
        {
            if (model["provenance"] is not JsonObject provenance) model["provenance"] = provenance = [];
            provenance["recipe"] = Object("recipe", recipe);
        }
        if (checkpoint.Metadata.TryGetValue("metrics", out string? metrics)) model["metrics"] = Object("metrics", metrics);
        if (evaluations is { Count: > 0 })
        {
            JsonObject measured = [];
            foreach ((string name, JsonObject report) in evaluations) measured[name] = PerSite(report);
            (model["metrics"] as JsonObject ?? (JsonObject)(model["metrics"] = new JsonObject()))["evaluations"] = measured;
        }

        return ModelDescription.Parse(model.ToJsonString(), $"{checkpoint.Path}, metadata bundle");

        string Required(string key) => checkpoint.Metadata.TryGetValue(key, out string? text)
            ? text
            : throw new InvalidCheckpointException(checkpoint.Path, $"its metadata have no {key}; found: {(checkpoint.Metadata.Count == 0 ? "none" : string.Join(", ", checkpoint.Metadata.Keys))}");

        JsonObject Object(string key, string json)
        {
            try
            {
                return JsonNode.Parse(json) as JsonObject ?? throw new InvalidCheckpointException(checkpoint.Path, $"its metadata {key} are no JSON object");
            }
            catch (JsonException fault)
            {
                throw new InvalidCheckpointException(checkpoint.Path, $"its metadata {key} are no JSON: {fault.Message}", fault);
            }
        }
    }

    /// <summary>What the model card shows of an evaluation: accuracy and IoU of each file and of all together.</summary>
    private static JsonObject PerSite(JsonObject report)
    {
        JsonObject files = [];
        foreach (JsonNode? file in report["files"] as JsonArray ?? []) files[file!["name"]!.GetValue<string>()] = Figures(file.AsObject());
        return new JsonObject { ["files"] = files, ["pooled"] = Figures(report) };

        static JsonObject Figures(JsonObject source)
        {
            JsonObject iou = [];
            foreach (JsonNode? it in source["classes"] as JsonArray ?? [])
                if (it!["iou"] is JsonValue value) iou[it["name"]!.GetValue<string>()] = value.DeepClone();
            return new JsonObject { ["points"] = source["counted"]?.DeepClone(), ["accuracy"] = source["overallAccuracy"]?.DeepClone(), ["meanIoU"] = source["meanIou"]?.DeepClone(), ["iou"] = iou };
        }
    }
}
