using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference;

/// <summary>
/// What ONNX Runtime says at severity warning and above. The runtime has one log for the whole process, fixed when its environment is
/// made, so the environment is made here. A scope collects what is said on the thread that opened it, such as while a session starts;
/// what is said outside of any scope goes to the standard error stream, as it does without this class.
/// </summary>
/// <example><code>
/// using RuntimeLog log = RuntimeLog.Collect();
/// using SegmentationModel model = SegmentationModel.Load(bundle);
/// foreach (string warning in log.Messages) …
/// </code></example>
public sealed class RuntimeLog : IDisposable
{
    // The runtime keeps a pointer to this delegate as long as the process lives.
    private static readonly DOrtLoggingFunction Receiver = Receive;
    private static readonly Lazy<OrtEnv> Made = new(Make);

    [ThreadStatic]
    private static RuntimeLog? _current;

    private readonly List<string> _messages = [];
    private readonly RuntimeLog? _outer;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private bool _closed;

    private RuntimeLog() => (_outer, _current) = (_current, this);

    /// <summary>What was said since the scope was opened, one line per message, as <c>severity: message</c>.</summary>
    public IReadOnlyList<string> Messages => _messages;

    /// <summary>The process's environment.</summary>
    internal static OrtEnv Runtime => Made.Value;

    /// <summary>Opens a scope on this thread; within another scope, only the innermost gets the messages. Dispose it on the same thread.</summary>
    /// <exception cref="InvalidOperationException">Something else in the process made the environment before, so that nothing can be collected.</exception>
    public static RuntimeLog Collect()
    {
        _ = Runtime;
        return new RuntimeLog();
    }

    /// <summary>Closes the scope; its messages stay.</summary>
    /// <exception cref="InvalidOperationException">This is not the innermost scope of this thread.</exception>
    public void Dispose()
    {
        if (_closed) return;
        if (_current != this)
            throw new InvalidOperationException($"A scope opened on thread {_thread} is closed on thread {Environment.CurrentManagedThreadId}, or before one opened within it.");
        _current = _outer;
        _closed = true;
    }

    private static OrtEnv Make()
    {
        SendNothing();
        if (OrtEnv.IsCreated)
            throw new InvalidOperationException("The environment of ONNX Runtime was made before, by other code; make it through RuntimeLog, so that warnings are seen.");
        EnvironmentCreationOptions options = new() { logId = "batchsegmenter", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING, loggingFunction = Receiver };
        return OrtEnv.CreateInstanceWithOptions(ref options);
    }

    /// <summary>
    /// The runtime would else keep a diary of its use in the user's cache and the folder for temporary files, and send it to its makers. It asks
    /// the C library for this variable, which does not see what .NET sets.
    /// </summary>
    private static void SendNothing()
    {
        const string Variable = "ORT_DISABLE_TELEMETRY";
        if (OperatingSystem.IsWindows()) Environment.SetEnvironmentVariable(Variable, "1");
        else _ = SetEnvironment(Variable, "1", overwrite: 1);
    }

    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);

    private static void Receive(nint parameter, OrtLoggingLevel severity, string category, string logId, string codeLocation, string message)
    {
        if (severity < OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING) return;
        string line = $"{Name(severity)}: {message}";
        if (_current is RuntimeLog scope) scope._messages.Add(line);
        else Console.Error.WriteLine($"ONNX Runtime: {line}");
    }

    private static string Name(OrtLoggingLevel severity) => severity switch
    {
        OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING => "warning",
        OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR => "error",
        _ => "fatal",
    };
}
