using BatchSegmenter.Inference;
using BatchSegmenter.Onnx;

namespace BatchSegmenter.Commands.Model;

/// <summary>What the commands on models have in common: how they fail.</summary>
internal static class ModelCommand
{
    /// <summary>Runs an action: an absent path or a wrong option is 2, bad content 1.</summary>
    public static int Run(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException or ModelBundleNotFoundException or FormatException or MissingParametersException)
        {
            return CommandFault.Report(2, fault);
        }
        catch (Exception fault) when (fault is ModelException or IOException or UnauthorizedAccessException)
        {
            return CommandFault.Report(1, fault);
        }
    }
}
