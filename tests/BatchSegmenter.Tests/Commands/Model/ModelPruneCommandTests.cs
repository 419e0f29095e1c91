using System.Diagnostics;
using System.Text.Json;
using BatchSegmenter.Commands.Model;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Calibration;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands.Model;

[Collection("console")]
public sealed class ModelPruneCommandTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private static readonly string Aerial = Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial");
    private static readonly string Recipe = Path.Combine(SharedFiles.Repository, "pipelines", "aerial.recipe.json");
    private static readonly string Valley = Path.Combine(SharedFiles.Repository, "sample-data", "valley.las");
    private static readonly string Town = Path.Combine(SharedFiles.Repository, "sample-data", "town.las");

    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new(), _errors = new();
    private readonly TextWriter _standardOutput = Console.Out, _standardError = Console.Error;

    public ModelPruneCommandTests()
    {
        Console.SetOut(_output);
        Console.SetError(_errors);
        SampleBundle.Write(_folder["narrow"]);
    }

    public void Dispose()
    {
        Console.SetOut(_standardOutput);
        Console.SetError(_standardError);
        _folder.Dispose();
    }

    [Fact]
    public void The_shipped_bundle_becomes_smaller_and_loses_next_to_nothing()
    {
        int code = Prune(Aerial, "--data", Valley, "--calibration", Town, "--map", "3=5", "4=5", "--json", "--output", _folder["pruned"]);

        Assert.True(code == 0, _errors.ToString());
        ModelBundle made = ModelBundle.Load(_folder["pruned"]);
        Assert.True(new FileInfo(Path.Combine(_folder["pruned"], ModelBundle.NetworkFile)).Length < 0.5 * new FileInfo(Path.Combine(Aerial, ModelBundle.NetworkFile)).Length);
        using JsonDocument report = JsonDocument.Parse(_output.ToString());
        Assert.InRange(report.RootElement.GetProperty("loss").GetDouble(), -2, 0.5);
        Assert.InRange(report.RootElement.GetProperty("multiplyAddsAfter").GetInt64(), 1, report.RootElement.GetProperty("multiplyAddsBefore").GetInt64() / 2);
        Assert.Equal(0.5, report.RootElement.GetProperty("keep").GetDouble());
        Assert.Equal(0, report.RootElement.GetProperty("fineTuningSteps").GetInt32());
        // What is printed lies in the bundle.
        Assert.Equal(report.RootElement.GetRawText(), File.ReadAllText(Path.Combine(made.Folder, BundlePruning.ReportFile)).TrimEnd());
        Assert.Equal(0, ModelVerifyCommand.Create().Parse([_folder["pruned"]]).Invoke());
    }

    [Fact]
    public void Nothing_is_written_where_more_is_lost_than_allowed()
    {
        int code = Prune(Aerial, "--data", Valley, "--map", "3=5", "4=5", "--keep", "0.08", "--json", "--output", _folder["pruned"]);

        Assert.True(code == 1 && _output.ToString().Length > 0, $"{_errors}{_output}");
        using JsonDocument report = JsonDocument.Parse(_output.ToString());
        double loss = report.RootElement.GetProperty("loss").GetDouble();
        Assert.True(loss > 0.5, $"loss {loss}");
        Assert.Contains(FormattableString.Invariant($"pruned to 8 % loses {loss:F2} points of mean IoU"), _errors.ToString());
        Assert.Contains("0.50 are allowed (--max-loss); nothing was written", _errors.ToString());
        Assert.False(Directory.Exists(_folder["pruned"]));
    }

    [SkippableFact]
    public void The_training_program_goes_on_from_the_pruned_network()
    {
        Skip.IfNot(HasTorch(), $"needs {Python} with torch and numpy");
        string? path = Environment.GetEnvironmentVariable("PYTHONPATH");
        try
        {
            Environment.SetEnvironmentVariable("PYTHONPATH", Path.Combine(SharedFiles.Repository, "src", "BatchSegmenter.Training"));
            Environment.SetEnvironmentVariable("PYTHONDONTWRITEBYTECODE", "1");
            int code = Prune(
                Aerial, "--data", Valley, "--map", "3=5", "4=5", "--keep", "0.1", "--max-loss", "100", "--fine-tune", "3", "--rate", "1e-5", "--recipe", Recipe,
                "--train", Town, "--validation", Town, "--python", Python, "--json", "--output", _folder["pruned"]);

            Assert.True(code == 0, _errors.ToString());
            using JsonDocument report = JsonDocument.Parse(_output.ToString());
            Assert.Equal(3, report.RootElement.GetProperty("fineTuningSteps").GetInt32());
            double before = report.RootElement.GetProperty("meanIouUntrained").GetDouble(), after = report.RootElement.GetProperty("meanIouTrained").GetDouble();
            // Three timid steps move little: what was trained is the pruned network, statistics of its norms included.
            Assert.NotEqual(before, after);
            Assert.InRange(after, before - 0.05, before + 0.05);
            Assert.Equal(Math.Max(before, after), report.RootElement.GetProperty("after").GetProperty("meanIou").GetDouble());
            int steps = ModelBundle.Load(_folder["pruned"]).Description.Provenance!["pruning"]!["fineTuningSteps"]!.GetValue<int>();
            Assert.Equal(after >= before ? 3 : 0, steps);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PYTHONPATH", path);
        }
    }

    [Theory]
    [InlineData("--keep: found 0;", "--keep", "0")]
    [InlineData("--keep: found 1;", "--keep", "1")]
    [InlineData("--keep: found NaN;", "--keep", "NaN")]
    [InlineData("--keep: found 0.01; with 16 channels in every layer", "--keep", "0.01")]
    [InlineData("--fine-tune: found -1", "--fine-tune", "-1")]
    [InlineData("--rate: found 0", "--rate", "0")]
    [InlineData("--recipe: missing", "--fine-tune", "10")]
    [InlineData("--train: missing", "--fine-tune", "10", "--recipe", "nowhere.json")]
    [InlineData("--train: nothing is trained", "--train", "here.las")]
    [InlineData("--python: nothing is trained", "--python", "python3")]
    [InlineData("--max-loss: found -1", "--max-loss", "-1")]
    [InlineData("--blocks: found 0", "--blocks", "0")]
    public void Wrong_options_are_usage_errors(string told, params string[] options)
    {
        Assert.Equal(2, Prune(Aerial, ["--data", Valley, "--output", _folder["pruned"], .. options]));
        Assert.Contains(told, _errors.ToString());
        Assert.False(Directory.Exists(_folder["pruned"]));
    }

    [Theory]
    [InlineData(2, "nowhere.json", "--recipe", "nowhere.json", "--train", "sample-data/town.las")]
    [InlineData(2, "nowhere.las: there is no such file", "--recipe", "pipelines/aerial.recipe.json", "--train", "nowhere.las")]
    [InlineData(2, "--recipe", "--recipe", "pipelines/quickstart.json", "--train", "sample-data/town.las")]
    [InlineData(2, "--python nowhere: it can't be started", "--recipe", "pipelines/aerial.recipe.json", "--train", "sample-data/town.las", "--python", "nowhere")]
    [InlineData(1, "fine-tuning failed: /bin/false -m batchsegmenter_training ended with exit code 1", "--recipe", "pipelines/aerial.recipe.json", "--train", "sample-data/town.las", "--python", "/bin/false")]
    public void Training_that_cannot_be_is_told_and_nothing_is_written(int expected, string told, params string[] options)
    {
        string[] placed = [.. options.Select(option => option.Contains('/') && !option.StartsWith('/') ? Path.Combine(SharedFiles.Repository, option) : option)];
        Assert.Equal(expected, Prune(Aerial, ["--data", Valley, "--blocks", "2", "--fine-tune", "10", "--output", _folder["pruned"], .. placed]));
        Assert.Contains(told, _errors.ToString());
        Assert.False(Directory.Exists(_folder["pruned"]));
    }

    [Fact]
    public void A_recipe_of_another_model_is_refused()
    {
        File.WriteAllText(_folder["other.json"], File.ReadAllText(Recipe).Replace("\"edge\": 0.5", "\"edge\": 0.25", StringComparison.Ordinal));

        Assert.Equal(2, Prune(Aerial, "--data", Valley, "--fine-tune", "10", "--recipe", _folder["other.json"], "--train", Town, "--output", _folder["pruned"]));
        Assert.Contains("its input is not that of the bundle", _errors.ToString());
    }

    [Fact]
    public void A_network_that_is_as_narrow_as_it_can_be_is_told()
    {
        Assert.Equal(2, Prune(_folder["narrow"], "--data", Valley, "--output", _folder["pruned"]));
        Assert.Contains("with 16 channels in every layer, which is the least, 1.000 of the multiply-adds remain", _errors.ToString());
    }

    [Fact]
    public void The_bundle_itself_is_no_place_for_the_result()
    {
        Assert.Equal(2, Prune(_folder["narrow"], "--data", Valley, "--output", _folder["narrow"] + "/"));
        Assert.Contains("--output: the bundle itself", _errors.ToString());
    }

    private static bool HasTorch()
    {
        if (!File.Exists(Python)) return false;
        using Process process = Process.Start(new ProcessStartInfo(Python, ["-c", "import torch, numpy"]) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static int Prune(string bundle, params string[] options) => ModelPruneCommand.Create().Parse([bundle, .. options]).InvokeAsync().GetAwaiter().GetResult();
}
