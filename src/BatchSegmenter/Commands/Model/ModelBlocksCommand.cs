using System.CommandLine;
using System.Text.Json;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Training;
using Microsoft.Win32.SafeHandles;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model blocks</c>: training blocks for the trainer, made by the very steps that inference takes.</summary>
internal static class ModelBlocksCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> recipe = new("RECIPE") { Description = "The training recipe: bundle, architecture and which class codes teach what." };
        Option<string[]> train = Files("--train", "Labelled LAS or LAZ files, or folders of them, to learn from.");
        Option<string[]> validation = Files("--validation", "Labelled files or folders to choose by; never learned from.");
        Option<string[]> golden = Files("--golden", "Synthetic files whose first blocks prove, later, that the converted model is the same.");
        Option<int> seed = new("--seed") { Description = "Seed of every choice.", DefaultValueFactory = _ => 1 };
        Option<int> epochs = new("--epochs") { Description = "Most epochs; the trainer ends the stream sooner.", DefaultValueFactory = _ => 100_000 };
        Option<int> blocksPerEpoch = new("--blocks-per-epoch") { Description = "Training blocks of an epoch.", DefaultValueFactory = _ => 320 };
        Option<int> cores = new("--cores") { Description = "Most threads.", DefaultValueFactory = _ => 1 };
        Command command = new("blocks", "Stream training blocks to standard output, as length-prefixed safetensors frames.")
            { recipe, train, validation, golden, seed, epochs, blocksPerEpoch, cores };
        command.SetAction(parsed =>
        {
            bool isStreaming = false;
            try
            {
                TrainingRecipe read = TrainingRecipe.Load(parsed.GetRequiredValue(recipe));
                ModelDescription model = read.Model(parsed.GetRequiredValue(recipe));
                List<TrainingSurvey> toLearn = Load(parsed.GetValue(train), read), toChoose = Load(parsed.GetValue(validation), read), toProve = Load(parsed.GetValue(golden), read);
                using Stream output = StandardOutput();
                TrainingStream stream = new(output, model.PointNet2);
                TrainingBlocks blocks = new(read, model.Input, model.PointNet2, parsed.GetValue(seed), parsed.GetValue(cores));
                isStreaming = true;
                stream.WriteHeader(
                    read.Bundle.ToJsonString(), read.Architecture.ToJsonString(), parsed.GetValue(seed), toLearn.Select(s => s.Name), toChoose.Select(s => s.Name));
                stream.WriteGolden(blocks, toProve);
                stream.WriteValidation(blocks, toChoose);
                stream.WriteTraining(blocks, toLearn, parsed.GetValue(epochs), parsed.GetValue(blocksPerEpoch));
                return 0;
            }
            catch (Exception fault) when (fault is JsonException or InvalidModelBundleException or FileNotFoundException or DirectoryNotFoundException)
            {
                return CommandFault.Report(2, fault);
            }
            catch (Exception fault) when (fault is PointCloudException or InvalidDataException)
            {
                return CommandFault.Report(1, fault);
            }
            catch (IOException) when (isStreaming)
            {
                return 0; // the trainer has enough and closed its end
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                return CommandFault.Report(1, fault);
            }
        });
        return command;
    }

    /// <summary>
    /// Standard output as a file, which fails once the trainer has closed its end; the console's own stream would drop the bytes silently
    /// and never end.
    /// </summary>
    private static Stream StandardOutput() =>
        OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 1 << 20);

    private static Option<string[]> Files(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE|DIR", AllowMultipleArgumentsPerToken = true };

    private static List<TrainingSurvey> Load(string[]? paths, TrainingRecipe recipe) =>
        [.. (paths ?? []).SelectMany(Expand).Order(StringComparer.Ordinal).Select(path => TrainingSurvey.Load(path, recipe))];

    private static IEnumerable<string> Expand(string path) =>
        Directory.Exists(path)
            ? Directory.EnumerateFiles(path, "*.la?", SearchOption.AllDirectories).Where(file => Path.GetExtension(file).ToLowerInvariant() is ".las" or ".laz")
            : File.Exists(path) ? [path] : throw new FileNotFoundException($"{path}: there is no such file or folder");
}
