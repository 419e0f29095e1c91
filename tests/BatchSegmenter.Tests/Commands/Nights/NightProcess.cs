using System.Diagnostics;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Tests.Commands.Nights;

/// <summary>The program as an operator's scheduler starts it: a process of its own, which can be killed.</summary>
internal sealed class NightProcess : IDisposable
{
    private const int Terminate = 15, Continue = 18, Stop = 19, CodeOfKilled = 128 + 9;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly Task<string> _messages;

    private NightProcess(Process process)
    {
        _process = process;
        _messages = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>Whether it was ended by <see cref="Kill"/> before it ended by itself.</summary>
    public bool WasKilled => _process.ExitCode == (OperatingSystem.IsWindows() ? -1 : CodeOfKilled);

    /// <summary>Starts the program.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="temporary">The folder for temporary files, of this process alone.</param>
    /// <param name="environment">What else is set in its environment.</param>
    public static NightProcess Start(IEnumerable<string> arguments, string temporary, IReadOnlyDictionary<string, string>? environment = null)
    {
        string host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        ProcessStartInfo start = new(host, [Path.Combine(AppContext.BaseDirectory, "batchsegmenter.dll"), .. arguments])
            { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (string name in (string[])["TMPDIR", "TEMP", "TMP"]) start.Environment[name] = temporary;
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;

        // The runtime's sockets for debuggers would stay in the folder for temporary files after a kill, and look like the program's.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        _ = process.StandardOutput.ReadToEndAsync();
        return new(process);
    }

    /// <summary>Ends it as a power cut would: SIGKILL. It may have ended already.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // A late word of a watcher about a process that is gone.
        }
    }

    /// <summary>Asks it to end, as a scheduler does: SIGTERM.</summary>
    public void AskToEnd() => Assert.Equal(0, Signal(_process.Id, Terminate));

    /// <summary>Takes the processor from it: SIGSTOP; nothing on Windows. It may have ended already.</summary>
    public void Pause()
    {
        if (!OperatingSystem.IsWindows()) _ = Signal(_process.Id, Stop);
    }

    /// <summary>Gives it back.</summary>
    public void GoOn()
    {
        if (!OperatingSystem.IsWindows()) Assert.Equal(0, Signal(_process.Id, Continue));
    }

    /// <summary>Waits for its end.</summary>
    public async Task<(int Code, string Messages)> EndAsync()
    {
        using CancellationTokenSource late = new(Longest);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            Assert.Fail($"the program did not end within {Longest.TotalMinutes} minutes:\n{await _messages}");
        }

        return (_process.ExitCode, await _messages);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);
}
