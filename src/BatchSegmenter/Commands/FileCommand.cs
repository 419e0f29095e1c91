using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Commands;

/// <summary>The exit codes that commands on a single file share: bad content 1, a path that is not there 2, cancelled 130.</summary>
internal static class FileCommand
{
    /// <summary>Runs an action on a file; a fault becomes one line on standard error and an exit code.</summary>
    /// <param name="path">The file.</param>
    /// <param name="action">Gives the exit code.</param>
    /// <param name="takesAddresses">Whether the file may be a blob's address, too.</param>
    public static int Run(string path, Func<string, int> action, bool takesAddresses = false)
    {
        if (!takesAddresses && RefuseAddress(path) is { } refused) return refused;
        if (Directory.Exists(path) && PointDatasetFolder.Parts(path).Count == 0)
            return CommandFault.Report(2, $"{path}: a folder; a file was expected, or a folder of Parquet parts.");
        if (!StoreAddress.IsRemote(path) && !Directory.Exists(path) && !File.Exists(ArchiveMembers.FileOf(path))) return CommandFault.Report(2, $"{path}: there is no such file.");
        try
        {
            return action(path);
        }
        catch (Exception fault) when (fault is FileNotFoundException or ConfigurationException)
        {
            return CommandFault.Report(2, fault);
        }
        catch (Exception fault) when (fault is PointCloudException or IOException or UnauthorizedAccessException)
        {
            return CommandFault.Report(1, fault);
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }

    /// <summary>The exit code of a command that reads and writes files alone, where it is given an address; null for a path.</summary>
    public static int? RefuseAddress(string path) =>
        StoreAddress.IsRemote(path) ? CommandFault.Report(2, $"{path}: an address; this command takes paths of this machine alone, so copy it here first.") : null;
}
