using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using BatchSegmenter.Commands;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands;

/// <summary><c>run --dry-run</c>: what it tells, and that it changes nothing.</summary>
[Collection("console")]
public sealed class RunDryRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _messages = new(), _output = new();
    private readonly TextWriter _standardError = Console.Error, _standardOutput = Console.Out;

    public RunDryRunTests()
    {
        Console.SetError(TextWriter.Synchronized(_messages));
        Console.SetOut(_output);
        SampleBundle.Write(_folder["bundle"]);
        _folder.Write("night.json", """{ "inputs": ["in"], "model": "bundle", "output": "out" }""");
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(1300));
    }

    public void Dispose()
    {
        Console.SetError(_standardError);
        Console.SetOut(_standardOutput);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_first_night_is_told_and_nothing_is_made()
    {
        SampleSurvey.Write(_folder["in/b.las"], SampleSurvey.Points(200, x: 1100, y: 1200), new LasWriterOptions { Epsg = 2227 });
        SortedDictionary<string, string> before = Hashes();

        Assert.Equal(0, await Run("--dry-run"));

        string[] lines = Lines();
        Assert.Equal($"new     1,300  las     EPSG 32631, metres         {_folder["in/a.las"]}", lines[1]);
        Assert.Equal($"new       200  las     EPSG 2227, US survey feet  {_folder["in/b.las"]}", lines[2]);
        Assert.Contains("inputs   2 of 2 would be labelled", lines);
        Assert.Contains("points   1,500", lines);
        Assert.Contains("units    1 input converted to metres for the network; outputs keep the file's", lines);
        Assert.Contains("time     unknown: no run into this output has labelled points yet", lines);
        Assert.Contains("scratch  none: limits.memory holds every input", lines);
        Assert.Equal(before, Hashes());
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task A_later_night_is_told_as_it_comes_and_changes_nothing()
    {
        SampleSurvey.Write(_folder["in/b.las"], SampleSurvey.Points(400));
        _folder.Write("in/c.las", "no survey");
        Assert.Equal(1, await Run("--progress", "off"));
        File.Delete(Directory.GetFiles(_folder["out/points/source=b"]).Single());
        SampleSurvey.Write(_folder["in/d.las"], SampleSurvey.Points(700));
        SortedDictionary<string, string> before = Hashes();

        Assert.Equal(1, await Run("--dry-run", "--json")); // c stays in quarantine

        Assert.Equal(before, Hashes());
        JsonElement plan = JsonDocument.Parse(_output.ToString()).RootElement;
        Assert.Equal(["done", "damaged", "quarantined", "new"], plan.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("state").GetString()!));
        Assert.Equal((2, 1, 1, 0), (Number("labelled"), Number("done"), Number("quarantined"), Number("refused")));
        Assert.Equal(1100, Number("points"));
        Assert.Equal(2, Number("outputBasis"));
        Assert.InRange(plan.GetProperty("seconds").GetDouble(), 1e-4, 600);

        Assert.Equal(1, await Run("--progress", "off"));
        JsonElement report = JsonDocument.Parse(File.ReadAllText(Path.Combine(Directory.GetDirectories(_folder["out/_runs"]).Order(StringComparer.Ordinal).Last(), "run.json"))).RootElement;
        Assert.Equal(["skipped", "done", "quarantined", "done"], report.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("status").GetString()!));
        Assert.Equal(1100, report.GetProperty("counts").GetProperty("points").GetInt32());

        int Number(string name) => plan.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task What_would_fail_is_1_and_said_below_its_line()
    {
        string broken = _folder.Write("in/b.las", "no survey");
        _folder.Write("in/c.xyz", "1 2 3\n4 5 6\n");

        Assert.Equal(1, await Run("--dry-run", "--set", "limits.maxFailures=0"));

        string[] lines = Lines();
        Assert.StartsWith("refused", Assert.Single(lines, line => line.EndsWith(broken, StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.StartsWith("         at byte 0: ", StringComparison.Ordinal));
        Assert.Contains("         has no intensity, no return numbers; the model does without", lines);
        Assert.Contains("inputs   2 of 3 would be labelled, 1 refused", lines);
        Assert.Contains("the run would stop with exit code 3: 1 input failed, but limits.maxFailures allows 0", _messages.ToString());
    }

    [Fact]
    public async Task A_share_of_the_inputs_is_planned_alone()
    {
        SampleSurvey.Write(_folder["in/b.las"], SampleSurvey.Points(1300));

        Assert.Equal(0, await Run("--dry-run", "--shard", "2/2"));

        Assert.Contains("inputs   1 of 1 would be labelled", Lines());
    }

    [Theory]
    [InlineData("--dry-run", "--input", "none.las")]
    [InlineData("--dry-run", "--model", "none")]
    [InlineData("--dry-run", "--set", "limits.cores=none")]
    [InlineData("--json")]
    public async Task What_could_not_start_is_2(params string[] options)
    {
        Assert.Equal(2, await Run(options));

        Assert.Equal("", _output.ToString());
        Assert.StartsWith("error: ", _messages.ToString());
        Assert.False(Directory.Exists(_folder["out"]));
    }

    private Task<int> Run(params string[] options) =>
        RunCommand.Create().Parse([_folder["night.json"], .. options]).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

    private string[] Lines() => _output.ToString().ReplaceLineEndings("\n").Split('\n');

    private SortedDictionary<string, string> Hashes() => new(
        Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).ToDictionary(path => path, path => $"{Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))} {File.GetLastWriteTimeUtc(path):O}"), StringComparer.Ordinal);
}
