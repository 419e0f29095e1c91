using System.Diagnostics;
using System.Text.Json;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests;

/// <summary>Runs <c>pipelines/schedules/run.sh</c> as cron and systemd do: with the program itself, and with a stand-in that waits.</summary>
public sealed class RunShellScriptTests : IDisposable
{
    private static readonly string Script = Path.Combine(SharedFiles.Repository, "pipelines", "schedules", "run.sh");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void A_night_is_labelled_logged_and_told_to_the_health_file()
    {
        NeedsShell();
        SampleBundle.Write(_folder["bundle"]);
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(200));
        string pipeline = _folder.Write("night.json", """{ "inputs": ["in"], "model": "bundle", "output": "out" }""");
        string program = Path.Combine(AppContext.BaseDirectory, "batchsegmenter.dll");

        Assert.Equal((0, ""), Run("--program", program, pipeline, "--progress", "off"));
        Assert.True(File.Exists(_folder["out/points/source=a/part-00000.parquet"]));
        JsonElement good = Health("night.night");
        Assert.Equal((0, false), (good.GetProperty("exitCode").GetInt32(), good.GetProperty("running").GetBoolean()));
        Assert.Equal(good.GetProperty("lastEnd").GetString(), good.GetProperty("lastGoodRun").GetString());
        Assert.Contains("1 of 1 inputs", File.ReadAllText(good.GetProperty("log").GetString()!));

        _folder.Write("in/b.las", "no survey");
        (int code, string told) = Run("--program", program, pipeline, "--progress", "off");

        Assert.Equal(1, code);
        Assert.Contains("exit code 1", told);
        JsonElement bad = Health("night.night");
        Assert.Equal(1, bad.GetProperty("exitCode").GetInt32());
        Assert.Equal(good.GetProperty("lastGoodRun").GetString(), bad.GetProperty("lastGoodRun").GetString());
    }

    [SkippableFact]
    public void Only_the_newest_logs_are_kept()
    {
        NeedsShell();
        string program = Program("exit 0");
        for (int i = 1; i <= 4; i++) _folder.Write($"state/logs/2020010{i}T000000Z-1.log", "old");
        _folder.Write("state/logs/mine.txt", "stays");

        Assert.Equal(0, Run("--state", _folder["state"], "--keep", "3", "--program", program, "p.json").Code);

        string[] logs = [.. Directory.GetFiles(_folder["state/logs"]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        Assert.Equal(["20200103T000000Z-1.log", "20200104T000000Z-1.log", "mine.txt"], [logs[0], logs[1], logs[^1]]);
        Assert.Equal(4, logs.Length);
    }

    [SkippableFact]
    public void A_second_start_is_75_and_a_signal_reaches_the_program()
    {
        NeedsShell();
        string program = Program($"trap 'exit 130' TERM; : > '{_folder["started"]}'; while :; do sleep 0.1; done");
        using Process first = Start("--state", _folder["state"], "--program", program, "p.json");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(_folder["started"]), TimeSpan.FromSeconds(60)));

        (int code, string told) = Run("--state", _folder["state"], "--program", program, "p.json");
        Assert.Equal(75, code);
        Assert.Contains("still running", told);
        Assert.True(Health("state").GetProperty("running").GetBoolean());

        using (Process kill = Process.Start("kill", ["-TERM", $"{first.Id}"])) kill.WaitForExit();
        Assert.True(first.WaitForExit(60_000));
        Assert.Equal(130, first.ExitCode);
        Assert.Equal(130, Health("state").GetProperty("exitCode").GetInt32());
        Assert.Equal(JsonValueKind.Null, Health("state").GetProperty("lastGoodRun").ValueKind);
        Assert.Equal(7, Run("--state", _folder["state"], "--program", Program("exit 7"), "p.json").Code); // the lock is free again
    }

    private static void NeedsShell() => Skip.If(OperatingSystem.IsWindows() || !File.Exists("/usr/bin/flock"), "needs sh and flock");

    private string Program(string body)
    {
        string path = _folder.Write("program", $"#!/bin/sh\n{body}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private JsonElement Health(string state) => JsonDocument.Parse(File.ReadAllText(_folder[$"{state}/health.json"])).RootElement;

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("/bin/sh", [Script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static (int Code, string Told) Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string told = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, told);
    }
}
