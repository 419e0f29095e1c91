using System.Runtime.InteropServices;

namespace BatchSegmenter.Commands;

/// <summary>Ends the process while native code hangs in it, for which an orderly end would wait or which it would crash.</summary>
internal static class ProcessEnd
{
    /// <summary>Ends at once, without running anything more of this process.</summary>
    public static void Now(int exitCode)
    {
        Console.Error.Flush();
        Console.Out.Flush();
        if (OperatingSystem.IsWindows()) TerminateProcess(GetCurrentProcess(), (uint)exitCode);
        else ExitNow(exitCode);
    }

    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void ExitNow(int exitCode);

    [DllImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern nint GetCurrentProcess();

    [DllImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int TerminateProcess(nint process, uint exitCode);
}
