using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Pipeline.Training;

namespace BatchSegmenter.Commands.Model;

/// <summary>A short training that goes on from a checkpoint: the training program, fed by <c>model blocks</c>, as for a model of its own.</summary>
internal sealed record FineTuning
{
    private const string Module = "batchsegmenter_training";

    /// <summary>Steps; 0 for none.</summary>
    public required int Steps { get; init; }

    /// <summary>Highest learning rate.</summary>
    public required double Rate { get; init; }

    /// <summary>The recipe that the bundle was trained by.</summary>
    public required string Recipe { get; init; }

    /// <summary>Labelled surveys to learn from.</summary>
    public required IReadOnlyList<string> Train { get; init; }

    /// <summary>Labelled surveys to choose the best weights by; may be empty.</summary>
    public required IReadOnlyList<string> Validation { get; init; }

    /// <summary>The Python interpreter.</summary>
    public required string Python { get; init; }

    /// <summary>The recipe, if it is one of this bundle.</summary>
    /// <exception cref="FormatException">It can't be read, or makes blocks or classes that are not the bundle's.</exception>
    public JsonObject RecipeFor(ModelBundle bundle)
    {
        try
        {
            ModelDescription made = TrainingRecipe.Load(Recipe).Model(Recipe), own = bundle.Description;
            if (Differs(made.Input, own.Input)) throw new FormatException($"--recipe {Recipe}: its input is not that of the bundle {bundle.Folder}; expected the recipe that the bundle was trained by");
            if (Differs(made.Classes.Select(it => it.Name), own.Classes.Select(it => it.Name))) throw new FormatException($"--recipe {Recipe}: its classes are not those of the bundle {bundle.Folder}; expected the recipe that the bundle was trained by");
            JsonDocumentOptions lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            return JsonNode.Parse(File.ReadAllText(Recipe), documentOptions: lenient)!.AsObject();
        }
        catch (Exception fault) when (fault is JsonException or InvalidModelBundleException)
        {
            throw new FormatException($"--recipe {Recipe}: {fault.Message}", fault);
        }
    }

    /// <summary>Trains.</summary>
    /// <param name="recipe">The bundle's recipe.</param>
    /// <param name="network">The architecture of the checkpoint.</param>
    /// <param name="checkpoint">Where to go on from.</param>
    /// <param name="tuned">Where the result shall lie, in a folder that is in nobody's way.</param>
    /// <param name="cancellation">Ends the trainer.</param>
    /// <exception cref="FileNotFoundException">There is no such interpreter.</exception>
    /// <exception cref="IOException">The trainer failed.</exception>
    public async Task RunAsync(JsonObject recipe, PointNet2Description network, string checkpoint, string tuned, CancellationToken cancellation)
    {
        string own = Path.Combine(Path.GetDirectoryName(tuned)!, "recipe.json");
        JsonObject changed = recipe.DeepClone().AsObject();
        changed["architecture"] = JsonNode.Parse(network.ToJson());
        await File.WriteAllTextAsync(own, changed.ToJsonString(), cancellation);
        string[] blocks = [.. Self(), "model", "blocks", own, .. Named("--train", Train), .. Named("--validation", Validation)];
        ProcessStartInfo start = new(Python,
        [
            "-m", Module, "fit", "--init", checkpoint, "--out", tuned, "--steps", Steps.ToString(CultureInfo.InvariantCulture), "--rate", Rate.ToString(CultureInfo.InvariantCulture),
            "--compare", "--blocks", string.Join(' ', blocks.Select(Quoted)),
        ]);
        using Process trainer = Start(start);
        try
        {
            await trainer.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            trainer.Kill(entireProcessTree: true);
            throw;
        }
        if (trainer.ExitCode != 0 || !File.Exists(tuned))
            throw new IOException($"fine-tuning failed: {Python} -m {Module} ended with exit code {trainer.ExitCode}; what it said stands above. The module lies in src/BatchSegmenter.Training, which must be on PYTHONPATH, and needs torch and numpy");
    }

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw new FileNotFoundException($"--python {Python}: it can't be started ({fault.Message}); expected a Python interpreter", fault);
        }
    }

    private static bool Differs<T>(T one, T other) => JsonSerializer.Serialize(one) != JsonSerializer.Serialize(other);

    private static IEnumerable<string> Named(string option, IReadOnlyList<string> values) => values.Count == 0 ? [] : [option, .. values];

    /// <summary>This program, however it was started.</summary>
    private static string[] Self()
    {
        string host = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(host) == "dotnet" ? [host, typeof(FineTuning).Assembly.Location] : [host];
    }

    /// <summary>An argument as the shell takes it that the trainer hands the command to.</summary>
    private static string Quoted(string argument) => OperatingSystem.IsWindows() ? $"\"{argument}\"" : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
