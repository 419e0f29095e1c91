using System.CommandLine;
using System.Text.Json;
using BatchSegmenter.Commands;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands;

/// <summary>What a run does that finds the outputs of an earlier one.</summary>
[Collection("console")]
public sealed class RunResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _messages = new();
    private readonly TextWriter _standardError = Console.Error;

    public RunResumeTests()
    {
        Console.SetError(TextWriter.Synchronized(_messages));
        SampleBundle.Write(_folder["bundle"]);
        _folder.Write("night.json", """{ "inputs": ["in"], "model": "bundle", "output": "out", "write": { "las": {} } }""");
        foreach (string name in (string[])["a", "b", "c"]) Survey(name, 300);
    }

    public void Dispose()
    {
        Console.SetError(_standardError);
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_done_is_skipped_and_keeps_its_row()
    {
        Assert.Equal(0, await Run());
        (string[] first, string[] rows) = (Runs("a", "b", "c"), Summary());

        Assert.Equal(0, await Run());

        Assert.Equal(first, Runs("a", "b", "c"));
        Assert.Equal(rows.Select(row => row.Replace(",done,", ",skipped,")), Summary());
        Assert.Contains(",skipped,", Summary()[1]);
        Assert.Contains("0 of 3 inputs, 3 done before", _messages.ToString());
    }

    [Fact]
    public async Task New_and_changed_inputs_alone_are_done()
    {
        await Run();
        string[] first = Runs("a", "b", "c");
        Survey("b", 200);
        Survey("d", 100);

        Assert.Equal(0, await Run());

        string[] second = Runs("a", "b", "c");
        Assert.Equal((first[0], first[2]), (second[0], second[2]));
        Assert.NotEqual(first[1], second[1]);
        Assert.Equal(["skipped", "done", "skipped", "done"], Statuses());
        Assert.Equal(200, Record("b").GetProperty("summary").GetProperty("points").GetInt32());
    }

    [Theory]
    [InlineData("las/b.las")]
    [InlineData("points/source=b/part-00000.parquet")]
    public async Task Outputs_that_are_gone_cut_or_damaged_are_done_again(string output)
    {
        await Run();
        byte[] bytes = File.ReadAllBytes(_folder[$"out/{output}"]);

        File.Delete(_folder[$"out/{output}"]);
        await Redone($"{output} is gone");
        File.WriteAllBytes(_folder[$"out/{output}"], bytes[..^1]);
        await Redone($"{output} has {bytes.Length - 1} bytes");

        byte[] damaged = [.. bytes];
        damaged[^10] ^= 1;
        File.WriteAllBytes(_folder[$"out/{output}"], damaged);
        await Run();
        Assert.Equal(["skipped", "skipped", "skipped"], Statuses());
        await Redone($"{output} has other bytes", "--verify-outputs");

        async Task Redone(string told, params string[] options)
        {
            Assert.Equal(0, await Run(options));
            Assert.Equal(["skipped", "done", "skipped"], Statuses());
            Assert.Contains(told, _messages.ToString());
            Assert.Equal(bytes, File.ReadAllBytes(_folder[$"out/{output}"]));
        }
    }

    [Fact]
    public async Task Only_options_that_influence_results_do_everything_again()
    {
        await Run();

        await Run("--set", "limits.cores=1", "--set", "inference.blocksPerBatch=2", "--set", "faults.attempts=3");
        Assert.Equal(["skipped", "skipped", "skipped"], Statuses());
        await Run("--set", "write.points.entropy=true");
        Assert.Equal(["done", "done", "done"], Statuses());
        await Run("--restart", "--set", "write.points.entropy=true");
        Assert.Equal(["done", "done", "done"], Statuses());
        SampleBundle.Write(_folder["bundle"], seed: 17);
        await Run("--set", "write.points.entropy=true");
        Assert.Equal(["done", "done", "done"], Statuses());
    }

    [Fact]
    public async Task Files_of_an_earlier_version_go_with_the_commit_that_replaces_them()
    {
        await Run();
        Assert.Equal(0, await Run("--set", "write.las.format=laz"));

        Assert.Equal(["a.laz", "b.laz", "c.laz"], Directory.GetFiles(_folder["out/las"]).Select(Path.GetFileName).Order());
        Assert.Equal(["las/a.laz", "points/source=a/part-00000.parquet"], Record("a").GetProperty("outputs").EnumerateArray().Select(file => file.GetProperty("name").GetString()!).Order());
    }

    [Fact]
    public async Task A_broken_input_is_quarantined_until_it_changes()
    {
        string broken = _folder["in/b.las"];
        byte[] whole = File.ReadAllBytes(broken);
        File.WriteAllBytes(broken, whole[..^1000]);

        Assert.Equal(1, await Run());
        JsonElement record = JsonDocument.Parse(File.ReadAllText(_folder["out/_quarantine/b.json"])).RootElement;
        Assert.Equal(("read", broken, 1), (record.GetProperty("stage").GetString(), record.GetProperty("file").GetString(), record.GetProperty("attempts").GetInt32()));
        Assert.True(record.GetProperty("offset").GetInt64() > 0);
        Assert.Contains("InvalidPointCloudException", record.GetProperty("exception").GetString());
        Assert.False(File.Exists(_folder["out/_ledger/inputs/b.json"]));

        Assert.Equal(1, await Run());
        Assert.Equal(["skipped", "quarantined", "skipped"], Statuses());
        Assert.Equal(1, await Run("--retry-quarantined"));
        Assert.Equal(["skipped", "failed", "skipped"], Statuses());

        // The command that replays it, as it stands in the record, fails in the same way and leaves the outputs alone.
        string[] replay = record.GetProperty("replay").GetString()!.Split(' ').Skip(2).Select(word => word.Trim('\'')).ToArray();
        Assert.Equal(1, await Invoke([.. replay.Except(["--log-level", "debug"])]));

        File.WriteAllBytes(broken, whole);
        Assert.Equal(0, await Run());
        Assert.Equal(["skipped", "done", "skipped"], Statuses());
        Assert.False(File.Exists(_folder["out/_quarantine/b.json"]));
    }

    [Fact]
    public async Task Across_files_a_changed_or_new_neighbour_redoes_those_beside_it_and_no_others()
    {
        foreach (string name in (string[])["a", "b", "c"]) File.Delete(_folder[$"in/{name}.las"]);
        Beside("a", 0, 300);
        Beside("b", 100, 300);
        Beside("c", 1000, 300);
        Assert.Equal(0, await Run("--set", "tiles.acrossFiles=true"));
        Assert.Equal(0, await Run("--set", "tiles.acrossFiles=true"));
        Assert.Equal(["skipped", "skipped", "skipped"], Statuses());

        Beside("b", 100, 200);
        await Run("--set", "tiles.acrossFiles=true");
        Assert.Equal(["done", "done", "skipped"], Statuses());
        Beside("d", 1100, 100);
        await Run("--set", "tiles.acrossFiles=true");
        Assert.Equal(["skipped", "skipped", "done", "done"], Statuses());
        File.Delete(_folder["in/b.las"]);
        await Run("--set", "tiles.acrossFiles=true");
        Assert.Equal(["done", "skipped", "skipped"], Statuses());

        // A shard sees the same neighbours as the whole run did.
        foreach (string shard in (string[])["1/2", "2/2"])
        {
            Assert.Equal(0, await Run("--set", "tiles.acrossFiles=true", "--shard", shard));
            Assert.All(File.ReadAllLines(_folder[$"out/summary-{shard.Replace("/", "-of-")}.csv"]).Skip(1), row => Assert.Contains(",skipped,", row));
        }

        void Beside(string name, double east, int points) => SampleSurvey.Write(_folder[$"in/{name}.las"], SampleSurvey.Points(points, x: 500_000 + east));
    }

    [Fact]
    public async Task An_unreadable_record_is_as_good_as_none()
    {
        await Run();
        File.WriteAllText(_folder["out/_ledger/inputs/b.json"], "{ \"key\": ");

        Assert.Equal(0, await Run());
        Assert.Equal(["skipped", "done", "skipped"], Statuses());
    }

    private void Survey(string name, int points) => SampleSurvey.Write(_folder[$"in/{name}.las"], SampleSurvey.Points(points));

    private Task<int> Run(params string[] options) => Invoke([_folder["night.json"], "--progress", "off", .. options]);

    private static Task<int> Invoke(string[] arguments) => RunCommand.Create().Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

    private string[] Summary() => File.ReadAllLines(_folder["out/summary.csv"]);

    private string[] Statuses()
    {
        int column = Array.IndexOf(Summary()[0].Split(','), "status");
        return [.. Summary().Skip(1).Select(row => row.Split(',')[column])];
    }

    private JsonElement Record(string name) => JsonDocument.Parse(File.ReadAllText(_folder[$"out/_ledger/inputs/{name}.json"])).RootElement;

    private string[] Runs(params string[] names) => [.. names.Select(name => Record(name).GetProperty("runId").GetString()!)];
}
