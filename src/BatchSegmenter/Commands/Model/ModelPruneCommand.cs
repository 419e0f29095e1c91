using System.CommandLine;
using System.Text.Json.Nodes;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Calibration;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Pruning;
using Spectre.Console;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model prune</c>: a bundle with fewer channels, if that costs too little to matter.</summary>
internal static class ModelPruneCommand
{
    private static readonly string[] TrainingOptions = ["--recipe", "--train", "--validation", "--rate", "--python"];

    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Option<double> keep = new("--keep") { Description = "Share of the network's multiply-adds that may remain.", HelpName = "SHARE", DefaultValueFactory = _ => 0.5 };
        Option<int> steps = new("--fine-tune") { Description = "Steps of training that follow, of four blocks each; 0 for none, else --recipe and --train are needed, and Python.", HelpName = "STEPS", DefaultValueFactory = _ => 0 };
        Option<string?> recipe = new("--recipe") { Description = "The training recipe of the bundle.", HelpName = "FILE" };
        Option<string[]> train = GateOptions.Surveys("--train", "Labelled LAS or LAZ files, or folders of them, to learn from.", required: false);
        Option<string[]> validation = GateOptions.Surveys("--validation", "Labelled files or folders by which the best weights are chosen; not those of --data, which judge.", required: false);
        Option<double> rate = new("--rate") { Description = "Highest learning rate.", HelpName = "RATE", DefaultValueFactory = _ => 5e-4 };
        Option<string> python = new("--python") { Description = "The Python interpreter that has torch; src/BatchSegmenter.Training must be on PYTHONPATH.", HelpName = "FILE", DefaultValueFactory = _ => "python3" };
        Command command = new("prune", "Make a bundle with fewer channels, and measure what it costs.\nExit codes: 0 written, 1 not written, as too much accuracy would be lost or content is bad, 2 wrong options.")
            { keep, steps, recipe, train, validation, rate, python };
        new GateOptions().AddTo(command, (parsed, gate, cancellation) =>
        {
            if (parsed.GetValue(keep) is not (> 0 and < 1)) throw new FormatException(FormattableString.Invariant($"--keep: found {parsed.GetValue(keep)}; expected a share above 0 and below 1"));
            if (parsed.GetValue(steps) is not (>= 0 and <= 1_000_000)) throw new FormatException($"--fine-tune: found {parsed.GetValue(steps)}; expected 0 to 1000000 steps");
            if (parsed.GetValue(rate) is not (> 0 and <= 1)) throw new FormatException(FormattableString.Invariant($"--rate: found {parsed.GetValue(rate)}; expected a learning rate above 0, at most 1"));
            if (parsed.GetValue(steps) == 0 && TrainingOptions.FirstOrDefault(name => parsed.GetResult(name) is System.CommandLine.Parsing.OptionResult { Implicit: false }) is { } stray)
                throw new FormatException($"{stray}: nothing is trained; expected --fine-tune with a number of steps besides");
            FineTuning? tuning = parsed.GetValue(steps) == 0 ? null : new FineTuning
            {
                Steps = parsed.GetValue(steps),
                Rate = parsed.GetValue(rate),
                Recipe = Path.GetFullPath(parsed.GetValue(recipe) ?? throw new FormatException("--recipe: missing; --fine-tune needs the training recipe of the bundle")),
                Train = Paths("--train", parsed.GetValue(train) is { Length: > 0 } learned ? learned : throw new FormatException("--train: missing; --fine-tune needs surveys to learn from")),
                Validation = Paths("--validation", parsed.GetValue(validation) ?? []),
                Python = parsed.GetRequiredValue(python),
            };
            return PruneAsync(gate, parsed.GetValue(keep), tuning, cancellation);
        });
        return command;
    }

    private static async Task<int> PruneAsync(BundleGate gate, double keep, FineTuning? tuning, CancellationToken cancellation)
    {
        ModelBundle source = ModelBundle.Load(gate.Folder);
        PointNet2Weights weights = BundlePruning.Weights(source);
        int points = source.Description.Input.Block.Points;
        if (keep < NetworkPruning.LeastShare(weights.Description, points))
            throw new FormatException(FormattableString.Invariant($"--keep: found {keep}; with {NetworkPruning.Step} channels in every layer, which is the least, {NetworkPruning.LeastShare(weights.Description, points):F3} of the multiply-adds remain"));
        JsonObject? recipe = tuning?.RecipeFor(source);
        List<BlockTensors> blocks = await gate.BlocksAsync(source, cancellation);
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("prune");
        try
        {
            BundleGate.Note($"measuring what the layers give on {blocks.Count} blocks");
            PrunedNetwork network = NetworkPruning.Prune(weights, NetworkMeasurement.Measure(weights, blocks), keep, points);
            BundleGate.Note(FormattableString.Invariant($"pruned from {network.WorkBefore / 1e6:F0} to {network.WorkAfter / 1e6:F0} million multiply-adds a block"));
            string pruned = Path.Combine(scratch.FullName, "pruned.safetensors"), tuned = Path.Combine(scratch.FullName, "tuned.safetensors");
            // Batch norms are those of the pruned network, which gives other numbers than the source.
            BundlePruning.WriteCheckpoint(BatchNormRecovery.Recover(network.Weights, NetworkMeasurement.Measure(network.Weights, blocks)), pruned);
            PrunedBundle prepared = BundlePruning.Prepare(source, pruned, Provenance(source, keep));
            ModelBundle made = prepared.Write(Path.Combine(scratch.FullName, "pruned"));
            (double? untrained, double? trained) = (null, null);
            if (tuning is not null)
            {
                await tuning.RunAsync(recipe!, network.Weights.Description, pruned, tuned, cancellation);
                PrunedBundle further = BundlePruning.Prepare(source, tuned, Provenance(source, keep, tuning.Steps, tuned));
                ModelBundle other = further.Write(Path.Combine(scratch.FullName, "tuned"));
                (untrained, trained) = ((await gate.JudgeAsync(made, cancellation)).MeanIou, (await gate.JudgeAsync(other, cancellation)).MeanIou);
                BundleGate.Note(FormattableString.Invariant($"fine-tuning brought the mean IoU from {untrained:F4} to {trained:F4}{(trained < untrained ? "; the network is taken as it was before" : "")}"));
                if (trained >= untrained) (prepared, made) = (further, other);
            }

            PruningReport report = new(await gate.CompareAsync(source, made, blocks, cancellation), keep, network) { FineTuningSteps = tuning?.Steps ?? 0, MeanIouUntrained = untrained, MeanIouTrained = trained };
            return gate.Conclude(source, report, FormattableString.Invariant($"pruned to {keep:P0}"), () => PruningTables.Write(AnsiConsole.Console, report), () => prepared.Write(gate.Output, report.ToJson()));
        }
        finally
        {
            foreach (BlockTensors block in blocks) block.Neighbourhoods.Dispose();
            scratch.Delete(recursive: true);
        }
    }

    /// <summary>How the network came about, of what the trainer told without this machine's paths.</summary>
    private static JsonObject Provenance(ModelBundle source, double keep, int steps = 0, string? tuned = null)
    {
        JsonObject provenance = new() { ["of"] = BundlePruning.Name(source), ["keep"] = keep, ["fineTuningSteps"] = steps };
        if (tuned is not null && SafetensorsFile.Read(tuned).Metadata.TryGetValue("recipe", out string? told) && JsonNode.Parse(told) is JsonObject recipe)
            foreach (string key in (string[])["train", "validation", "seed"]) provenance[key] = recipe[key]?.DeepClone();
        return provenance;
    }

    private static string[] Paths(string option, string[] paths)
    {
        string? missing = Array.Find(paths, path => !File.Exists(path) && !Directory.Exists(path));
        return missing is null ? [.. paths.Select(Path.GetFullPath)] : throw new FileNotFoundException($"{option} {missing}: there is no such file or folder");
    }
}
