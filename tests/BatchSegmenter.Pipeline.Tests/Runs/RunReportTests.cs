using System.Text.Json;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class RunReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_run_id_is_the_start_and_never_taken_twice()
    {
        var clock = new StoppedClock(new(2026, 11, 24, 1, 2, 3, TimeSpan.Zero));

        Assert.Equal("20261124T010203Z", await RunReport.BeginAsync(new LocalStore(_folder.Path), clock));
        Assert.Equal("20261124T010203Z-2", await RunReport.BeginAsync(new LocalStore(_folder.Path), clock));
        Assert.True(File.Exists(_folder["_runs/20261124T010203Z-2/run.json"]));
    }

    [Fact]
    public async Task The_report_says_what_ran_on_what_and_how_it_ended()
    {
        var report = new RunReport
        {
            RunId = "r",
            Started = new(2026, 11, 24, 1, 2, 3, TimeSpan.Zero),
            Ended = new(2026, 11, 24, 1, 3, 3, TimeSpan.Zero),
            ExitCode = 1,
            Options = new() { Inputs = ["/s"], Model = "/m", Output = _folder.Path },
            Model = "aerial-1",
            ModelHashes = new Dictionary<string, string> { ["model.onnx"] = "ab" },
            StageSeconds = new Dictionary<string, double> { ["infer"] = 12.5 },
            Counts = new Dictionary<string, long> { ["points"] = 7 },
            Inputs = [new("/s/a.las", "a", InputStatus.Failed) { Error = "truncated" }],
        };

        await report.WriteAsync(new LocalStore(_folder.Path));

        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(_folder["_runs/r/run.json"]));
        JsonElement root = json.RootElement;
        Assert.Equal("2026-11-24T01:02:03+00:00", root.GetProperty("started").GetString());
        Assert.Equal(1, root.GetProperty("exitCode").GetInt32());
        Assert.Equal("/s", root.GetProperty("options").GetProperty("inputs")[0].GetString());
        Assert.Equal("ab", root.GetProperty("modelHashes").GetProperty("model.onnx").GetString());
        Assert.Equal(12.5, root.GetProperty("stageSeconds").GetProperty("infer").GetDouble());
        Assert.Equal("failed", root.GetProperty("inputs")[0].GetProperty("status").GetString());
        Assert.Equal("truncated", root.GetProperty("inputs")[0].GetProperty("error").GetString());
        Assert.StartsWith(".NET 10", root.GetProperty("versions").GetProperty("dotnet").GetString(), StringComparison.Ordinal);
        Assert.NotEqual("", root.GetProperty("machine").GetProperty("processor").GetString());
        Assert.True(root.GetProperty("machine").GetProperty("memoryBytes").GetInt64() > 0);
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
