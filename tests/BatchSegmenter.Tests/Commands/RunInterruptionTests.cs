using System.Diagnostics;
using BatchSegmenter.Tests.Commands.Nights;

namespace BatchSegmenter.Tests.Commands;

/// <summary>What happens around a run while it runs.</summary>
[Collection("console")]
public sealed class RunInterruptionTests : IDisposable
{
    private const int Inputs = 40;

    private readonly Night _night = new();

    public void Dispose() => _night.Dispose();

    [Fact]
    public async Task A_model_that_is_missing_is_2_and_nothing_is_begun()
    {
        _night.Surveys(1);
        Directory.Delete(_night["bundle"], recursive: true);

        Assert.Contains(_night["bundle"], await _night.RunAsync(2));
        Assert.False(Directory.Exists(_night[Night.Output]));
    }

    [SkippableFact]
    public async Task A_scheduler_that_asks_it_to_end_gets_130_in_time_and_the_next_run_goes_on()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no SIGTERM");
        _night.Surveys(Inputs);
        NightOutputs undisturbed = await _night.UndisturbedAsync();

        using NightProcess run = await PausedAsync(3);
        long asked = Stopwatch.GetTimestamp();
        run.AskToEnd();
        run.GoOn();
        (int code, string messages) = await run.EndAsync();

        Assert.Equal((130, true), (code, Stopwatch.GetElapsedTime(asked) < TimeSpan.FromSeconds(30)));
        Assert.Contains("cancelled", messages);
        NightOutputs outputs = _night.Outputs();
        Dictionary<string, string> recorded = await outputs.RecordedAsync();
        Assert.Empty(await outputs.LeftOversAsync());
        (_, string[] statuses) = await outputs.SummaryAsync();
        Assert.Equal((await outputs.NamesAsync("_ledger/inputs")).Count, statuses.Count(status => status == "done"));
        Assert.Contains("cancelled", statuses);
        await GoesOnAsync(undisturbed, recorded);
    }

    [Fact]
    public async Task An_output_that_is_removed_stops_the_run_and_nothing_is_recorded_elsewhere()
    {
        _night.Surveys(Inputs);
        NightOutputs undisturbed = await _night.UndisturbedAsync();

        using NightProcess run = await PausedAsync(3);
        Directory.Move(_night[Night.Output], _night["away"]); // as unmounting does
        run.GoOn();
        (int code, string messages) = await run.EndAsync();

        Assert.True(code == 3, $"{code}: {messages}");
        Assert.Contains($"{_night[Night.Output]}: ", messages);
        Assert.False(Directory.Exists(_night[Night.Output]));

        Directory.Move(_night["away"], _night[Night.Output]);
        await GoesOnAsync(undisturbed, await _night.Outputs().RecordedAsync());
    }

    [SkippableFact]
    public async Task A_full_disk_stops_the_run_which_goes_on_once_there_is_room()
    {
        _night.Surveys(Inputs);
        NightOutputs undisturbed = await _night.UndisturbedAsync();
        Directory.CreateDirectory(_night[Night.Output]);
        Skip.IfNot(await Mount("-t", "tmpfs", "-o", "size=500k", "tmpfs", _night[Night.Output]), "a small disk cannot be mounted here");
        try
        {
            Assert.Contains("space", await _night.RunAsync(3));
            Dictionary<string, string> recorded = await _night.Outputs().RecordedAsync();
            Assert.NotEmpty(recorded);
            Assert.DoesNotContain(Files(Night.Output), file => file.EndsWith(".tmp"));

            Assert.True(await Mount("-o", "remount,size=50m", _night[Night.Output]));
            await GoesOnAsync(undisturbed, recorded);
        }
        finally
        {
            using Process unmount = Process.Start("umount", [_night[Night.Output]]);
            await unmount.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task An_input_that_is_replaced_is_left_for_the_next_run()
    {
        _night.Surveys(Inputs);
        string last = $"{Inputs - 1:D4}";
        using (NightProcess run = await PausedAsync(1))
        {
            _night.Survey("other", 350, seed: 99);
            File.Move(_night["in/other.las"], _night[$"in/{last}.las"], overwrite: true);
            run.GoOn();
            (int code, string messages) = await run.EndAsync();
            Assert.True(code == 1, $"{code}: {messages}");
            Assert.Contains($"{last}.las: still changes; it is left for the next run", messages);
        }

        NightOutputs outputs = _night.Outputs();
        Assert.Equal((Inputs - 1, "changing"), ((await outputs.NamesAsync("_ledger/inputs")).Count, (await outputs.SummaryAsync()).Statuses[^1]));
        Assert.DoesNotContain(Files(Night.Output), file => file.Contains(last));

        Dictionary<string, string> recorded = await outputs.RecordedAsync();
        NightOutputs undisturbed = await _night.UndisturbedAsync();
        await GoesOnAsync(undisturbed, recorded);
        Assert.Equal("done", (await outputs.SummaryAsync()).Statuses[^1]);
    }

    [SkippableFact]
    public async Task A_second_run_is_refused_while_the_first_goes_on_and_no_longer()
    {
        Skip.If(OperatingSystem.IsWindows(), "processes cannot be paused there");
        _night.Surveys(Inputs);
        using NightProcess first = await PausedAsync(1, "--set", "limits.cores=1");

        string messages = await _night.RunAsync(2);

        first.GoOn();
        Assert.Contains($"another run writes there: process {first.Id} on ", messages);
        (int code, messages) = await first.EndAsync();
        Assert.True(code == 0, $"{code}: {messages}");
        NightOutputs outputs = _night.Outputs();
        Assert.Equal(Inputs, (await outputs.SummaryAsync()).Statuses.Count(status => status == "done"));
        await GoesOnAsync(await _night.UndisturbedAsync(), await outputs.RecordedAsync());
    }

    /// <summary>Shards that are killed and begin again clean up after themselves while others write.</summary>
    [Fact]
    public async Task Shards_are_killed_and_begin_again_side_by_side()
    {
        _night.Surveys(Inputs);
        NightOutputs undisturbed = await _night.UndisturbedAsync();
        Random random = new(RunKillTests.Seed);

        await Task.WhenAll(Enumerable.Range(1, 3).Select(async shard =>
        {
            string[] share = ["--shard", $"{shard}/3"];
            for (int kills = 0; kills < 3; kills++)
            {
                using NightProcess run = _night.Start(share);
                int delay;
                lock (random) delay = random.Next(500, 2500);
                await Task.WhenAny(run.EndAsync(), Task.Delay(delay));
            }

            await _night.RunAsync(0, share);
        }));

        NightOutputs outputs = _night.Outputs();
        Assert.Equal(Inputs, (await outputs.NamesAsync("_ledger/inputs")).Count);
        await GoesOnAsync(undisturbed, await outputs.RecordedAsync());
    }

    /// <summary>Runs again, which must lead to the outputs of an undisturbed run without doing anything twice.</summary>
    private async Task GoesOnAsync(NightOutputs undisturbed, Dictionary<string, string> recorded)
    {
        await _night.RunAsync(0);
        NightOutputs outputs = _night.Outputs();
        Dictionary<string, string> now = await outputs.RecordedAsync();
        Assert.All(recorded, it => Assert.Equal(it.Value, now[it.Key]));
        Assert.Equal(await undisturbed.HashesAsync(), await outputs.HashesAsync());
        Assert.Empty(await outputs.LeftOversAsync());
    }

    /// <summary>Starts a run, and takes the processor from it as soon as so many inputs are recorded as done, so that it is not over when the test acts.</summary>
    private async Task<NightProcess> PausedAsync(int inputs, params string[] options)
    {
        Directory.CreateDirectory(_night[Night.Output]);
        TaskCompletionSource paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
        NightProcess run = _night.Start(options);
        using OutputWatch watch = new(_night, int.MaxValue, inputs, () =>
        {
            run.Pause();
            paused.TrySetResult();
        });
        Task<(int Code, string Messages)> end = run.EndAsync();
        if (await Task.WhenAny(paused.Task, end) == end) Assert.Fail($"the run was over before it could be disturbed:\n{(await end).Messages}");
        return run;
    }

    private string[] Files(string folder) => Directory.Exists(_night[folder]) ? Directory.GetFiles(_night[folder], "*", SearchOption.AllDirectories) : [];

    private static async Task<bool> Mount(params string[] arguments)
    {
        try
        {
            using Process mount = Process.Start(new ProcessStartInfo("mount", arguments) { RedirectStandardError = true })!;
            await mount.WaitForExitAsync();
            return mount.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
