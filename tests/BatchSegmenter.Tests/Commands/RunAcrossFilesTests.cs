using System.Collections.Concurrent;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Tests.Commands.Nights;

namespace BatchSegmenter.Tests.Commands;

/// <summary>Inputs that give each other halos, as blobs and as files, of which each has the others as neighbours.</summary>
[Collection("console")]
public sealed class RunAcrossFilesTests
{
    private const int Points = 1500;
    private static readonly string[] Files = ["a", "b", "c", "d"];
    private static readonly string[] AcrossFiles = ["--set", "tiles.acrossFiles=true"];

    [SkippableFact]
    public async Task Neighbours_at_a_faulty_store_and_through_scratch_give_the_bytes_that_those_on_disk_give()
    {
        using Night night = new(Place.SpoiledBlobs, seed: 3);
        foreach (string name in Files) Put(night, name);

        await night.RunAsync(0, [.. AcrossFiles, "--set", "limits.memory=1MiB"]);

        Assert.True(night.Spoiled > 0);
        await AssertSameAsDiskAsync(night);
    }

    /// <summary>By the order of reading: the headers of all; then each input, and after it those of the others that were not read as neighbours yet.</summary>
    /// <param name="read">Which read of the last input finds it changed: the second for the first one's context, the third for its own labels.</param>
    /// <param name="goes">Whether it is gone then.</param>
    [SkippableTheory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task What_had_a_neighbour_that_changes_or_goes_meanwhile_is_done_again_by_the_next_run(int read, bool goes)
    {
        using Night night = new(Place.Blobs);
        foreach (string name in Files) Put(night, name);
        ConcurrentDictionary<string, int> reads = [];
        night.Proxy!.Asked = (method, path) =>
        {
            if (method != "GET" || !path.Contains("/in/", StringComparison.Ordinal)) return;
            if (reads.AddOrUpdate(Path.GetFileName(path), 1, (_, count) => count + 1) != read || !path.EndsWith("/d.las", StringComparison.Ordinal)) return;
            if (goes) night.Blobs!.DeleteBlob("in/d.las");
            else Put(night, "d", seed: 9);
        };

        string messages = await night.RunAsync(1, AcrossFiles);

        NightOutputs outputs = night.Outputs();
        Assert.Equal(Files[..3], await outputs.NamesAsync("_ledger/inputs"));
        Assert.Contains($"/in/d.las: {(goes ? "is gone since the run began" : "still changes")}", messages);
        foreach (string name in Files[..3])
        {
            string warning = $"/in/{name}.las: its neighbour .*/in/d.las is no context, since it cannot be read now; the next run does this input again";
            if (read == 2) Assert.Matches(warning, messages);
            else Assert.DoesNotMatch(warning, messages); // which have the earlier one around
        }

        night.Proxy.Asked = null;
        if (goes) File.Delete(night["in/d.las"]);
        await night.RunAsync(0, AcrossFiles);
        Assert.All((await outputs.SummaryAsync()).Statuses, status => Assert.Equal("done", status));
        await AssertSameAsDiskAsync(night);
    }

    /// <summary>The limit is the collector's own, so that what is held against the budget ends the run at once, on any machine.</summary>
    [Fact]
    public async Task Points_of_neighbours_stay_within_the_budget()
    {
        using Night night = new();
        const int Many = 1_000_000;
        foreach (string name in Files[..2]) Put(night, name, points: Many);
        night.Set("DOTNET_GCHeapHardLimit", $"{160 << 20:X}");

        await night.RunAsync(0, [.. AcrossFiles, "--set", "limits.memory=256MiB", "--set", "limits.cores=1", "--set", "tiles.edge=10", "--set", "tiles.halo=5", "--set", "limits.scratch=" + night["scratch"]]);

        Assert.Equal(Enumerable.Repeat("done", 2), (await night.Outputs().SummaryAsync()).Statuses);
    }

    private static async Task AssertSameAsDiskAsync(Night night)
    {
        NightOutputs undisturbed = await night.UndisturbedAsync(AcrossFiles);
        Assert.Equal(await undisturbed.HashesAsync(), await night.Outputs().HashesAsync());
    }

    private static void Put(Night night, string name, int seed = 1, int points = Points)
    {
        int i = Array.IndexOf(Files, name);
        PointColumns survey = SampleSurvey.Points(points, seed + i, x: 500_100 + SampleSurvey.Edge * (i % 2), y: 4_000_200 + SampleSurvey.Edge * (i / 2));
        using FileStream content = File.OpenRead(SampleSurvey.Write(night[$"in/{name}.las"], survey));
        night.Blobs?.GetBlobClient($"in/{name}.las").Upload(content, overwrite: true);
    }
}
