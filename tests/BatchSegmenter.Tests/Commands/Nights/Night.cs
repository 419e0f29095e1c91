using System.Diagnostics;
using System.Globalization;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands.Nights;

/// <summary>Where the inputs, the model and the outputs of a night lie.</summary>
public enum Place
{
    Local,
}

/// <summary>What a night needs: small inputs, a small bundle, a pipeline file, a folder for temporary files, and a place for outputs.</summary>
internal sealed class Night : IDisposable
{
    /// <summary>The default name of the output.</summary>
    public const string Output = "out";

    private readonly TemporaryFolder _folder = new();

    public Night()
    {
        SampleBundle.Write(_folder["bundle"]);
        Directory.CreateDirectory(Temporary);
        _folder.Write("night.json", """{ "inputs": ["in"], "model": "bundle", "output": "out", "write": { "las": {} } }""");
    }

    /// <summary>Full path of a file or folder of the night.</summary>
    public string this[string relativePath] => _folder[relativePath];

    /// <summary>The folder for temporary files.</summary>
    public string Temporary => _folder["tmp"];

    /// <summary>Writes small inputs <c>in/0000.las</c> and so on, of 200 to 500 points.</summary>
    public void Surveys(int count)
    {
        for (int i = 0; i < count; i++) Survey($"{i:D4}", 200 + 37 * i % 300, seed: i);
    }

    /// <summary>Writes an input; the same for the same arguments.</summary>
    public string Survey(string name, int points, int seed = 1) => SampleSurvey.Write(_folder[$"in/{name}.las"], SampleSurvey.Points(points, seed));

    /// <summary>Starts a run.</summary>
    public NightProcess Start(string output = Output, params string[] options) =>
        NightProcess.Start(["run", _folder["night.json"], "--progress", "off", "--output", AddressOf(output), .. options], Temporary);

    /// <summary>Runs to the end, which must have the given code.</summary>
    /// <returns>What the run said.</returns>
    public async Task<string> RunAsync(int code, string output = Output, params string[] options)
    {
        using NightProcess run = Start(output, options);
        (int found, string messages) = await run.EndAsync();
        Assert.True(found == code, $"expected exit code {code}, found {found}:\n{messages}");
        return messages;
    }

    /// <summary>Runs a command line that names the program, as a person pastes it.</summary>
    public async Task<(int Code, string Messages)> ShellAsync(string command)
    {
        string program = $"batchsegmenter() {{ dotnet '{Path.Combine(AppContext.BaseDirectory, "batchsegmenter.dll")}' \"$@\"; }}";
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{program}\n{command}"]) { RedirectStandardError = true })!;
        string messages = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, messages);
    }

    /// <summary>A number that the environment sets for longer tests.</summary>
    public static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    /// <summary>The output's folder or address.</summary>
    public string AddressOf(string output) => _folder[output];

    /// <summary>The outputs of a run.</summary>
    public NightOutputs Outputs(string output = Output) => new(new LocalStore(_folder[output]), Temporary);

    public void Dispose() => _folder.Dispose();
}
