using BatchSegmenter.Formats;

namespace BatchSegmenter.Commands;

/// <summary>The exit codes that commands on a single file share: bad content 1, a path that is not there 2, cancelled 130.</summary>
internal static class FileCommand
{
    /// <summary>Runs an action on a file; a fault becomes one line on standard error and an exit code.</summary>
    public static int Run(string path, Func<string, int> action)
    {
        if (Directory.Exists(path)) return Fail(2, $"{path}: a folder; a file was expected.");
        if (!File.Exists(path)) return Fail(2, $"{path}: there is no such file.");
        try
        {
            return action(path);
        }
        catch (Exception fault) when (fault is PointCloudException or IOException or UnauthorizedAccessException)
        {
            return Fail(1, fault.Message);
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }

    /// <summary>Writes one line to standard error and gives the exit code back.</summary>
    public static int Fail(int code, string message)
    {
        Console.Error.WriteLine(message.ReplaceLineEndings(" "));
        return code;
    }
}
