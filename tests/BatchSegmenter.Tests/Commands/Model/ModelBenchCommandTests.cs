using System.Text.Json.Nodes;
using BatchSegmenter.Commands.Model;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Synthesis;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands.Model;

[Collection("console")]
public sealed class ModelBenchCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new(), _errors = new();
    private readonly TextWriter _standardOutput = Console.Out, _standardError = Console.Error;

    public ModelBenchCommandTests()
    {
        Console.SetOut(_output);
        Console.SetError(_errors);
        SampleBundle.Write(_folder["bundle"]);
    }

    public void Dispose()
    {
        Console.SetOut(_standardOutput);
        Console.SetError(_standardError);
        _folder.Dispose();
    }

    [Fact]
    public void Measures_each_way_and_prints_one_object()
    {
        Assert.Equal((0, ""), (Bench("--threads", "1", "--sessions", "1,2", "--batches", "1,3", "--points", "300", "--peak", "--json"), _errors.ToString()));
        JsonNode report = JsonNode.Parse(_output.ToString())!;
        Assert.Equal((16, 300.0, 2), ((int)report["blockCount"]!, (double)report["pointsPerBlock"]!, (int)report["rounds"]!));
        Assert.StartsWith("a simulated survey", (string)report["blocks"]!);
        JsonArray measurements = report["measurements"]!.AsArray();
        Assert.Equal(["1 1 1", "1 1 3", "1 2 1", "1 2 3"], measurements.Select(it => $"{it!["setup"]!["threads"]} {it["setup"]!["sessions"]} {it["setup"]!["blocksPerBatch"]}"));
        foreach (JsonNode? measurement in measurements)
        {
            Assert.Equal(("fp32", "cpu"), ((string)measurement!["precision"]!, (string)measurement["setup"]!["provider"]!));
            Assert.True((long)measurement["peakMemoryBytes"]! > 0);
            foreach (string key in new[] { "multiplyAddsPerBlock", "networkRate", "productsRate", "squareRate", "share", "shareOfSquare", "leastShare", "cpuShare" })
                Assert.True((double)measurement["peak"]![key]! > 0, key);
            foreach (string stage in new[] { "neighbourhoods", "network", "together" })
            {
                foreach (string key in new[] { "least", "p50", "p95", "p99", "medianLow", "medianHigh", "confidence" }) Assert.True((double)measurement[stage]!["seconds"]![key]! > 0, $"{stage}.{key}");
                foreach (string key in new[] { "blocksPerSecond", "pointsPerSecond", "cpuSecondsPerBlock" }) Assert.True((double)measurement[stage]![key]! > 0, $"{stage}.{key}");
            }
        }
    }

    [Theory]
    [InlineData("chart.png", "\u0089PNG")]
    [InlineData("charts/chart.svg", "<svg")]
    public void Draws_a_chart(string name, string signature)
    {
        Assert.Equal((0, ""), (Bench("--threads", "1", "--batches", "1", "--points", "200", "--chart", _folder[name]), _errors.ToString()));
        Assert.Contains(signature, string.Concat(File.ReadAllBytes(_folder[name]).Take(200).Select(b => (char)b)));
        Assert.Contains("together", _output.ToString());
    }

    [Fact]
    public void Blocks_of_another_size_are_not_remembered_for_runs()
    {
        string? before = Environment.GetEnvironmentVariable(MachineCache.Variable);
        Environment.SetEnvironmentVariable(MachineCache.Variable, _folder["cache"]);
        try
        {
            Assert.Equal(0, Bench("--batches", "3")); // remembered only on a machine that is not busy
            Directory.CreateDirectory(_folder["cache"]);
            Directory.Delete(_folder["cache"], recursive: true);

            Assert.Equal(0, Bench("--batches", "3", "--points", "200"));
            Assert.Equal(0, Bench("--batches", "3", "--threads", "1"));
            Assert.False(Directory.Exists(_folder["cache"]));
        }
        finally
        {
            Environment.SetEnvironmentVariable(MachineCache.Variable, before);
        }
    }

    [Fact]
    public void Tells_the_accuracy_on_labelled_surveys()
    {
        SyntheticSurveyFile.Write(_folder["survey.laz"], new SynthesisOptions { Points = 5000 });
        SyntheticSurveyFile.Write(_folder["other/survey.laz"], new SynthesisOptions { Points = 3000, Seed = 2 });
        Assert.Equal(
            (0, ""),
            (Bench("--threads", "1", "--batches", "1", "--points", "200", "--json", "--map", "3=5", "4=5", "--data", _folder["survey.laz"], _folder["other"]), _errors.ToString()));
        JsonNode accuracy = Assert.Single(JsonNode.Parse(_output.ToString())!["accuracy"]!.AsArray())!;
        Assert.InRange((int)accuracy["points"]!, 7000, 8000);
        Assert.InRange((double)accuracy["overallAccuracy"]!, 0, 1);
        Assert.InRange((double)accuracy["meanIou"]!, 0, 1);
    }

    [Fact]
    public void A_provider_that_is_missing_is_told_beside_those_that_are_there()
    {
        Assert.Equal(0, Bench("--threads", "1", "--batches", "1", "--points", "200", "--providers", "tensorrt,cpu", "--json"));
        JsonNode report = JsonNode.Parse(_output.ToString())!;
        Assert.Equal("tensorrt", (string)Assert.Single(report["skipped"]!.AsArray())!["provider"]!);
        Assert.Single(report["measurements"]!.AsArray());
    }

    [Theory]
    [InlineData("--threads", "0", "--threads: found '0' in '0'; expected whole numbers from 1 to 1024")]
    [InlineData("--sessions", "1,-1", "--sessions: found '-1'")]
    [InlineData("--batches", "one", "--batches: found 'one'")]
    [InlineData("--batches", "99999", "--batches: found '99999'")]
    [InlineData("--providers", "warp", "--providers: found 'warp' in 'warp'; expected tensorrt, cuda, cpu")]
    [InlineData("--providers", "tensorrt", "--providers: nothing can be measured here: tensorrt is not used")]
    [InlineData("--precisions", "fp12", "--precisions: found 'fp12'")]
    [InlineData("--precisions", "int8", "--precisions: no bundle computes in int8")]
    [InlineData("--points", "none", "--points: found 'none'")]
    [InlineData("--seconds", "0", "--seconds: found '0'; expected a number above 0")]
    [InlineData("--reps", "0", "--reps: found '0'; expected a whole number from 1")]
    [InlineData("--warm-up", "-1", "--warm-up: found '-1'")]
    [InlineData("--rounds", "0", "--rounds: found '0'")]
    [InlineData("--chart", "chart.gif", "--chart: found 'chart.gif'; expected a name that ends in .png or .svg")]
    [InlineData("--blocks", "nothing.npz", "nothing.npz: there is no such file")]
    [InlineData("--data", "nothing.laz", "nothing.laz: there is no such file or folder")]
    [InlineData("--map", "3", "'3' is no mapping of classes")]
    public void A_bad_option_is_told_in_one_line_and_nothing_is_measured(string option, string value, string expected)
    {
        Assert.Equal(2, ModelBenchCommand.Create().Parse([_folder["bundle"], option, value]).Invoke());
        Assert.Equal("", _output.ToString());
        string line = Assert.Single(_errors.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith(expected, line);
    }

    [Fact]
    public void Blocks_of_another_network_are_refused()
    {
        GoldenCheckpoint golden = new("sem_seg");
        Assert.Equal(1, ModelBenchCommand.Create().Parse([_folder["bundle"], "--blocks", golden.GoldenPath]).Invoke());
        Assert.Contains("channels", _errors.ToString());
    }

    [Fact]
    public void A_bundle_that_is_not_there_is_2()
    {
        Assert.Equal(2, ModelBenchCommand.Create().Parse([_folder["nothing"]]).Invoke());
        Assert.Contains("nothing", _errors.ToString());
    }

    private int Bench(params string[] options) => ModelBenchCommand.Create().Parse([_folder["bundle"], "--reps", "2", "--warm-up", "1", "--rounds", "2", .. options]).Invoke();
}
