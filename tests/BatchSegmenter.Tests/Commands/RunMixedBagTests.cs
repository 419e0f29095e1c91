using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using BatchSegmenter.Tests.Commands.Nights;
using Xunit.Abstractions;

namespace BatchSegmenter.Tests.Commands;

/// <summary>A night in which some inputs are broken. BATCHSEGMENTER_INPUTS sets how many are whole (100 if it is not set).</summary>
[Collection("console")]
public sealed class RunMixedBagTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Exactly_the_broken_inputs_are_quarantined()
    {
        int whole = Night.Number("BATCHSEGMENTER_INPUTS", 100);
        using Night night = new();
        night.Surveys(whole);
        string[] made = BrokenInputs.MakeIn(night);
        (string Name, long? Points)[] real = [.. BrokenInputs.CopyTo(night)];
        string[] broken = [.. made.Concat(real.Where(file => file.Points is null).Select(file => file.Name)).Order(StringComparer.Ordinal)];
        (string Name, long? Points)[] odd = [.. real.Where(file => file.Points is not null)];

        long start = Stopwatch.GetTimestamp();
        string messages = await night.RunAsync(1);

        NightOutputs outputs = night.Outputs();
        Assert.Equal(broken, await outputs.NamesAsync("_quarantine"));
        Assert.Equal(whole + odd.Length, (await outputs.NamesAsync("_ledger/inputs")).Count);
        foreach (string name in broken)
        {
            JsonElement record = await outputs.QuarantinedAsync(name);
            string file = record.GetProperty("file").GetString()!;
            Assert.StartsWith(night[$"in/{name}."], file);
            Assert.Equal(("read", 1), (record.GetProperty("stage").GetString(), record.GetProperty("attempts").GetInt32()));
            Assert.True(record.GetProperty("found").GetString()!.Length > 10, $"{name}: {record}");
            Assert.Contains("Exception: ", record.GetProperty("exception").GetString());
            Assert.Contains("\n", record.GetProperty("exception").GetString()); // the stack trace
            Assert.Contains(Path.GetFileName(file).Split('\'')[0], record.GetProperty("replay").GetString());
            Assert.Contains(file, messages);

            // All but the one that is read, but not labelled, are told by a place in the file.
            bool hasOffset = record.TryGetProperty("offset", out JsonElement offset);
            Assert.True(hasOffset ? offset.GetInt64() >= 0 : record.GetProperty("found").GetString()!.Contains("geographic"), $"{name}: {record}");
        }

        JsonElement cut = await outputs.QuarantinedAsync("cut in the point's data");
        Assert.Equal(new FileInfo(night["in/cut in the point's data.las"]).Length, cut.GetProperty("offset").GetInt64());
        foreach ((string name, long? points) in odd) Assert.Equal((name, points), (name, (await outputs.DoneAsync(name)).GetProperty("summary").GetProperty("points").GetInt64()));
        (_, string[] statuses) = await outputs.SummaryAsync();
        Assert.Equal((whole + odd.Length, broken.Length), (statuses.Count(status => status == "done"), statuses.Count(status => status == "failed")));
        Assert.Empty(await outputs.LeftOversAsync());
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{whole} whole, {odd.Length} odd, {broken.Length} broken inputs: {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s"));
    }

    [SkippableFact]
    public async Task The_command_in_a_record_tries_the_input_again_and_touches_nothing()
    {
        Skip.If(OperatingSystem.IsWindows(), "the command is written for a POSIX shell");
        using Night night = new();
        night.Surveys(3);
        string[] broken = BrokenInputs.MakeIn(night);
        await night.RunAsync(1);
        NightOutputs outputs = night.Outputs();
        Dictionary<string, string> recorded = await outputs.RecordedAsync();

        foreach (string name in broken.Take(2))
        {
            JsonElement record = await outputs.QuarantinedAsync(name);
            (int code, string messages) = await night.ShellAsync(record.GetProperty("replay").GetString()!);
            Assert.True(code == 1, $"{code}: {messages}");
            Assert.Contains(record.GetProperty("found").GetString()!, messages);
            Assert.Contains("   at ", messages); // with stack traces
        }

        // Once it is mended, the same command does it, and the next run, too.
        JsonElement mended = await outputs.QuarantinedAsync("cut in the point's data");
        night.Survey("cut in the point's data", 400);
        Assert.Equal(0, (await night.ShellAsync(mended.GetProperty("replay").GetString()!)).Code);
        Assert.Equal(recorded, await outputs.RecordedAsync());
        Assert.Equal(broken, await outputs.NamesAsync("_quarantine"));
        await night.RunAsync(1);
        Assert.Equal(broken.Except(["cut in the point's data"]), await outputs.NamesAsync("_quarantine"));
    }
}
