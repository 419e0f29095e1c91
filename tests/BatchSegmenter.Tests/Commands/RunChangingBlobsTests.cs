using System.Collections.Concurrent;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Tests.Commands.Nights;

namespace BatchSegmenter.Tests.Commands;

/// <summary>
/// Blobs that are replaced or deleted while a run reads them, at the real Azurite. The proxy before it does that just before it passes a certain request on, so the
/// moment is the same on any machine.
/// </summary>
[Collection("console")]
public sealed class RunChangingBlobsTests : IDisposable
{
    /// <summary>Points of a blob, and of one that is read in two parts, nearly all of them noise, which costs no time.</summary>
    private const int Few = 400, OfTwoParts = 150_000;

    private static readonly string[] Budget = ["--set", "limits.memory=64MiB"];

    private readonly Night _night = new(Place.Blobs);
    private readonly ConcurrentDictionary<string, int> _reads = [];
    private readonly ConcurrentDictionary<string, bool> _met = [];

    public void Dispose() => _night.Dispose();

    /// <summary>The budget holds the small ones, and sends the large ones through scratch files.</summary>
    [SkippableFact]
    public async Task What_changes_at_any_moment_is_left_for_the_next_run_and_never_mixed()
    {
        // By name: which of the reads finds it changed, and whether it is gone. Each is read for its labels and for each of two outputs; the last two in two parts each time.
        Dictionary<string, (int Read, bool IsGone)> changes = new()
        {
            ["0001"] = (1, false), ["0002"] = (2, false), ["0003"] = (3, false), ["0004"] = (1, true), ["0005"] = (3, true), ["large-1"] = (2, false), ["large-2"] = (4, true),
        };
        foreach (string name in changes.Keys.Append("0000")) Put(name, seed: 1);
        _night.Proxy!.Asked = (method, path) =>
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (method != "GET" || !path.Contains("/in/", StringComparison.Ordinal) || !changes.TryGetValue(name, out (int Read, bool IsGone) change)) return;
            if (_reads.AddOrUpdate(name, 1, (_, reads) => reads + 1) != change.Read) return;
            if (change.IsGone) Remove(name);
            else Put(name, seed: 2);
            _met[name] = true;
        };

        string messages = await _night.RunAsync(1, Budget);

        Assert.Equal(changes.Keys.Order(StringComparer.Ordinal), _met.Keys.Order(StringComparer.Ordinal));
        NightOutputs outputs = _night.Outputs();
        Assert.Equal(["0000"], await outputs.NamesAsync("_ledger/inputs"));
        Assert.Empty(await outputs.NamesAsync("_quarantine"));
        Assert.All((await outputs.HashesAsync()).Keys, name => Assert.Contains("0000", name, StringComparison.Ordinal));
        Assert.Equal(Enumerable.Repeat("changing", changes.Count).Prepend("done"), (await outputs.SummaryAsync()).Statuses);
        foreach ((string name, (_, bool isGone)) in changes)
            Assert.Contains($"/in/{name}.las: {(isGone ? "is gone since the run began" : "still changes; it is left for the next run")}", messages, StringComparison.Ordinal);

        _night.Proxy.Asked = null;
        Dictionary<string, string> recorded = await outputs.RecordedAsync();
        await _night.RunAsync(0, Budget);
        Assert.Equal(await (await _night.UndisturbedAsync()).HashesAsync(), await outputs.HashesAsync());
        Dictionary<string, string> now = await outputs.RecordedAsync();
        Assert.All(recorded, it => Assert.Equal(it.Value, now[it.Key]));
    }

    private void Put(string name, int seed)
    {
        PointColumns points = SampleSurvey.Points(name.StartsWith("large", StringComparison.Ordinal) ? OfTwoParts : Few, seed);
        points.Classification.AsSpan(Few, points.Count - Few).Fill(7);
        using FileStream content = File.OpenRead(SampleSurvey.Write(_night[$"in/{name}.las"], points));
        _night.Blobs!.GetBlobClient($"in/{name}.las").Upload(content, overwrite: true);
    }

    private void Remove(string name)
    {
        _night.Blobs!.DeleteBlob($"in/{name}.las");
        File.Delete(_night[$"in/{name}.las"]);
    }
}
