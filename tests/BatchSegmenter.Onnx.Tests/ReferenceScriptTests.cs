using System.Diagnostics;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Onnx.Tests;

/// <summary>
/// Runs the PyTorch definitions where PyTorch is: the committed checkpoints must give the committed scores, and a fresh run the same
/// inputs and scores, so that the golden files are known to be what the scripts make.
/// </summary>
public class ReferenceScriptTests
{
    private const string Python = "/usr/bin/python3";

    [SkippableFact]
    public void The_scripts_still_make_the_golden_scores()
    {
        Skip.IfNot(File.Exists(Python) && Run("-c", "import torch, numpy").ExitCode == 0, "needs /usr/bin/python3 with torch and numpy");
        (int exitCode, string output) = Run("check.py");
        Assert.True(exitCode == 0, output);
        int cases = Directory.GetFiles(Path.Combine(Folder, "golden"), "*.json").Length;
        Assert.True(cases >= 17, $"{cases} descriptions");
        Assert.Contains($"{2 * cases} comparisons", output, StringComparison.Ordinal);
    }

    private static string Folder { get; } = Path.Combine(SharedFiles.Repository, "tests", "BatchSegmenter.Onnx.Tests", "reference");

    private static (int ExitCode, string Output) Run(params string[] arguments)
    {
        ProcessStartInfo start = new(Python, arguments) { WorkingDirectory = Folder, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{Python} did not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors + output.Result);
    }
}
