using System.CommandLine;
using BatchSegmenter.Commands;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands;

/// <summary>Secrets are made up here; none may be found in anything that a run writes or says.</summary>
[Collection("console")]
public sealed class RunSecrecyTests : IDisposable
{
    private const string Secret = "bWFkZS11cC1zZWNyZXQ";

    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _messages = new();
    private readonly TextWriter _standardError = Console.Error;

    public RunSecrecyTests()
    {
        Console.SetError(TextWriter.Synchronized(_messages));
        SampleBundle.Write(_folder["bundle"]);
    }

    public void Dispose()
    {
        Console.SetError(_standardError);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_pipeline_file_with_a_secret_is_2_and_nothing_is_started()
    {
        _folder.Write("night.json", $$"""{ "inputs": ["in"], "model": "bundle", "output": "out", "accountKey": "{{Secret}}" }""");

        Assert.Equal(2, await Run());
        Assert.Contains("accountKey", _messages.ToString());
        Assert.DoesNotContain(Secret, _messages.ToString());
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [SkippableTheory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task A_secret_in_a_file_name_is_in_no_log_report_or_summary(string log)
    {
        Skip.If(OperatingSystem.IsWindows(), "such names do not exist there");
        _folder.Write("night.json", """{ "inputs": ["in"], "model": "bundle", "output": "out" }""");
        _folder.Write($"in/x&sig={Secret}&.las", "no survey");

        Assert.Equal(1, await Run("--log", log));

        Assert.Contains("sig=***", _messages.ToString());
        Assert.DoesNotContain(Secret, _messages.ToString());
        string[] files = Directory.GetFiles(_folder["out"], "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.EndsWith("run.json") && File.ReadAllText(file).Contains("sig=***"));
        Assert.Contains(files, file => file.EndsWith("summary.csv") && File.ReadAllText(file).Contains("sig=***"));
        Assert.All(files, file => Assert.DoesNotContain(Secret, File.ReadAllText(file)));
    }

    [Fact]
    public async Task Shards_side_by_side_share_the_inputs_and_keep_their_own_summaries_and_reports()
    {
        _folder.Write("night.json", """{ "inputs": ["in"], "model": "bundle", "output": "out" }""");
        foreach (string name in (string[])["a", "b", "c"]) SampleSurvey.Write(_folder[$"in/{name}.las"], SampleSurvey.Points(200));

        int[] codes = await Task.WhenAll(Run("--shard", "1/2"), Run("--shard", "2/2"));

        Assert.Equal([0, 0], codes);
        Assert.Equal(["source=a", "source=b", "source=c"], Directory.GetDirectories(_folder["out/points"]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Equal([3, 2], new[] { 1, 2 }.Select(shard => File.ReadAllLines(_folder[$"out/summary-{shard}-of-2.csv"]).Length));
        Assert.Equal(2, Directory.GetFiles(_folder["out/_runs"], "run.json", SearchOption.AllDirectories).Length);
    }

    private Task<int> Run(params string[] options) =>
        RunCommand.Create().Parse([_folder["night.json"], "--progress", "off", .. options]).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
}
