using BatchSegmenter.Pipeline;

namespace BatchSegmenter.Commands;

/// <summary>Errors as the command line shows them: one line on standard error, a stack trace only for those who asked for it.</summary>
internal static class CommandFault
{
    /// <summary>Whether stack traces are shown: <c>--log-level debug</c>.</summary>
    public static bool ShowsTraces { get; set; }

    /// <summary>Writes the error and returns <paramref name="exitCode"/>.</summary>
    public static int Report(int exitCode, Exception fault) => Report(exitCode, ShowsTraces ? fault.ToString() : fault.Message.ReplaceLineEndings(" "));

    /// <summary>Writes a message without the secrets in it and returns <paramref name="exitCode"/>.</summary>
    public static int Report(int exitCode, string message)
    {
        Console.Error.WriteLine(Redaction.Of(message));
        return exitCode;
    }
}
