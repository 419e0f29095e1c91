using System.Diagnostics;

namespace BatchSegmenter.Tests.Training;

/// <summary>Runs the trainer's own tests, so that one test run covers both languages.</summary>
public class TrainingTests
{
    private const string Python = "/usr/bin/python3";

    [SkippableFact]
    public void The_trainers_own_tests_pass()
    {
        Skip.IfNot(File.Exists(Python) && Run("-c", "import torch, numpy").ExitCode == 0, "needs /usr/bin/python3 with torch and numpy");
        (int exitCode, string output) = Run("-m", "unittest", "-v");
        Assert.True(exitCode == 0, output);
        Assert.Matches(@"Ran [1-9]\d* tests", output);
    }

    private static (int ExitCode, string Output) Run(params string[] arguments)
    {
        ProcessStartInfo start = new(Python, arguments)
        {
            WorkingDirectory = Path.Combine(SharedFiles.Repository, "src", "BatchSegmenter.Training"),
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{Python} did not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors + output.Result);
    }
}
