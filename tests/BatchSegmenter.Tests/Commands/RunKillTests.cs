using System.Diagnostics;
using System.Globalization;
using BatchSegmenter.Tests.Commands.Nights;
using Xunit.Abstractions;

namespace BatchSegmenter.Tests.Commands;

/// <summary>
/// A run is killed over and over, and in the end everything is as if nothing had happened. BATCHSEGMENTER_KILLS sets how often (10 if it is not
/// set; 100 takes some minutes), BATCHSEGMENTER_SEED the first number of the dice (1).
/// </summary>
[Collection("console")]
public sealed class RunKillTests(ITestOutputHelper output)
{
    private const int InputsPerKill = 6, RecordsPerRun = 3, MostEvents = 40, InputsPerMoment = 40;

    // Larger inputs go through scratch files with it, smaller ones do not.
    private static readonly string[] LittleMemory = ["--set", "limits.memory=200KB"];

    public static int Kills { get; } = Night.Number("BATCHSEGMENTER_KILLS", 10);

    public static int Seed { get; } = Night.Number("BATCHSEGMENTER_SEED", 1);

    [SkippableTheory]
    [InlineData(Place.Disk)]
    [InlineData(Place.Blobs)]
    [InlineData(Place.SpoiledBlobs)]
    public async Task Outputs_are_those_of_a_run_that_was_never_killed(Place place)
    {
        using Night night = new(place, Seed);
        Random random = new(Seed);
        night.Surveys(Kills * InputsPerKill);
        long start = Stopwatch.GetTimestamp();
        NightOutputs undisturbed = await night.UndisturbedAsync();
        TimeSpan usual = Stopwatch.GetElapsedTime(start) * InputsPerMoment / (Kills * InputsPerKill); // that some may be done before a moment by the clock

        NightOutputs outputs = night.Outputs();
        Dictionary<string, string> recorded = [];
        int kills = 0, atEvents = 0;
        try
        {
            Directory.CreateDirectory(night[Night.Output]);
            for (; kills < Kills; kills++)
            {
                bool atEvent = random.Next(3) > 0;
                using NightProcess run = night.Start(LittleMemory);
                using OutputWatch watch = new(night, atEvent ? random.Next(1, MostEvents) : int.MaxValue, RecordsPerRun, run.Kill);
                Task<(int Code, string Messages)> end = run.EndAsync();
                if (!atEvent && await Task.WhenAny(end, Task.Delay(random.NextDouble() * usual)) != end) run.Kill();
                (int code, string messages) = await end;
                Assert.True(run.WasKilled, $"ended by itself, with {code}:\n{messages}");
                if (atEvent) atEvents++;
                recorded = await NothingTwiceAsync(recorded, outputs);
            }

            if (place == Place.Disk)
                foreach (string left in (string[])["points/source=gone/.part-00000.parquet.tmp", "las/.gone.las.tmp"]) night.Write($"{Night.Output}/{left}"); // of an input that is no longer there
            await night.RunAsync(0, LittleMemory);
            recorded = await NothingTwiceAsync(recorded, outputs);
            Assert.Equal(await undisturbed.HashesAsync(), await outputs.HashesAsync());
            (string[] rows, string[] statuses) = await outputs.SummaryAsync();
            Assert.Equal((await undisturbed.SummaryAsync()).Rows, rows);
            Assert.Equal(Kills * InputsPerKill, statuses.Count(status => status is "done" or "skipped"));
            Assert.Contains("skipped", statuses);
            Assert.Empty(await outputs.LeftOversAsync());
        }
        catch (Exception fault) when (fault is Xunit.Sdk.XunitException or IOException)
        {
            throw new Xunit.Sdk.XunitException($"BATCHSEGMENTER_SEED={Seed}, after {kills} of {Kills} kills: {fault.Message}", fault);
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{place}: {kills} kills ({atEvents} as files appeared), {Kills * InputsPerKill} inputs, {recorded.Count} recorded objects compared, {night.Spoiled} requests spoiled, {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s, seed {Seed}"));
    }

    /// <summary>What was recorded is there still, and was not written again.</summary>
    private static async Task<Dictionary<string, string>> NothingTwiceAsync(Dictionary<string, string> before, NightOutputs outputs)
    {
        Dictionary<string, string> now = await outputs.RecordedAsync();
        foreach ((string name, string tag) in before)
            Assert.True(now.GetValueOrDefault(name) == tag, $"{name} was recorded as done, and is written again: tag {tag}, now {now.GetValueOrDefault(name)}");
        return now;
    }
}
