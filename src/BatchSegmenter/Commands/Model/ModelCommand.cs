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
        catch (Exception fault) when (ExitCode(fault) is int code)
        {
            return CommandFault.Report(code, fault);
        }
    }

    /// <summary>The exit code that a fault means; null for one that nobody foresaw.</summary>
    public static int? ExitCode(Exception fault) => fault switch
    {
        FileNotFoundException or DirectoryNotFoundException or ModelBundleNotFoundException or FormatException or MissingParametersException => 2,
        ModelException or IOException or UnauthorizedAccessException => 1,
        _ => null,
    };
}
