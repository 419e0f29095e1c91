using BatchSegmenter.Inference.FusedLayers;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference;

/// <summary>
/// What runs the network. Providers are wished for in order; one that this build of the runtime lacks, or that fails to start
/// (no device, no driver), is passed over with a reason that can be shown.
/// </summary>
public static class ExecutionProvider
{
    /// <summary>NVIDIA TensorRT.</summary>
    public const string TensorRt = "tensorrt";

    /// <summary>NVIDIA CUDA.</summary>
    public const string Cuda = "cuda";

    /// <summary>The processor; always there.</summary>
    public const string Cpu = "cpu";

    /// <summary>All names, best first.</summary>
    public static IReadOnlyList<string> Names { get; } = [TensorRt, Cuda, Cpu];

    /// <summary>Whether a provider is an accelerator's and this build of the runtime has it; whether there is a device shows when it starts.</summary>
    /// <param name="name">Of <see cref="Names"/>.</param>
    public static bool IsAccelerator(string name) => name != Cpu && RuntimeLog.Runtime.GetAvailableProviders().Contains(NameInRuntime(name));

    /// <summary>Starts a session with the first provider wished for that works, on the first device.</summary>
    /// <param name="network">The network.</param>
    /// <param name="options">Wishes and devices.</param>
    /// <param name="engines">What TensorRT is told of the network beside the options; empty for none.</param>
    /// <returns>The session, its provider, and a line for each provider passed over, and for layers that could not be fused.</returns>
    /// <exception cref="ArgumentException">A wish is no provider's name.</exception>
    /// <exception cref="OnnxRuntimeException">The last wish failed too.</exception>
    internal static (InferenceSession Session, string Provider, IReadOnlyList<string> PassedOver) Start(
        SessionNetwork network, SegmentationModelOptions options, EngineDescription? engines = null)
    {
        foreach (string wish in options.Providers)
            if (!Names.Contains(wish)) throw new ArgumentException($"\"{wish}\" is no execution provider; {string.Join(", ", Names)} are.", nameof(options));

        string[] available = RuntimeLog.Runtime.GetAvailableProviders();
        List<string> passedOver = [];
        // The processor is the last resort even where it was not wished for: a labelled survey late is better than none.
        foreach (string wish in options.Providers.TakeWhile(name => name != Cpu))
        {
            if (!available.Contains(NameInRuntime(wish)))
            {
                passedOver.Add($"{wish} is not used: this build of ONNX Runtime has {string.Join(", ", available)}");
                continue;
            }
            try
            {
                return (StartOn(wish, options.Devices[0], network, options, engines), wish, passedOver);
            }
            catch (Exception fault) when (IsFailureToStart(fault))
            {
                passedOver.Add($"{wish} is not used: it failed to start on device {options.Devices[0]} ({FirstLine(fault.Message)})");
            }
        }
        InferenceSession last = StartOn(Cpu, 0, network, options, engines);
        if (network.Refusal is { } refusal) passedOver.Add(refusal);
        return (last, Cpu, passedOver);
    }

    /// <summary>Starts a further session.</summary>
    /// <param name="provider">Of <see cref="Names"/>.</param>
    /// <param name="device">The accelerator.</param>
    /// <param name="network">The network.</param>
    /// <param name="options">All else.</param>
    /// <param name="engines">What TensorRT is told of the network.</param>
    internal static InferenceSession StartOn(string provider, int device, SessionNetwork network, SegmentationModelOptions options, EngineDescription? engines)
    {
        using SessionOptions session = CommonOptions(options);
        if (provider == TensorRt) AppendTensorRt(session, ProviderSettings.TensorRt(options, device, engines ?? EngineDescription.None));
        if (provider != Cpu) AppendCuda(session, ProviderSettings.Cuda(options, device));
        return provider == Cpu ? network.StartOnProcessor(session) : new InferenceSession(network.Bytes, session);
    }

    /// <summary>Whether a provider is not there, or has no such device, driver or folder.</summary>
    internal static bool IsFailureToStart(Exception fault) =>
        fault is EntryPointNotFoundException or DllNotFoundException or OnnxRuntimeException or IOException or UnauthorizedAccessException;

    /// <summary>What a message begins with.</summary>
    internal static string FirstLine(string message) => message.ReplaceLineEndings("\n").Split('\n')[0];

    private static string NameInRuntime(string accelerator) => accelerator == Cuda ? "CUDAExecutionProvider" : "TensorrtExecutionProvider";

    private static SessionOptions CommonOptions(SegmentationModelOptions options)
    {
        SessionOptions session = new()
        {
            // Blocks run side by side, one per core; threads within a run would only wait for each other.
            IntraOpNumThreads = options.ThreadsPerRun,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            // Ragged blocks: a plan of memory per shape would be kept for every shape ever seen.
            EnableMemoryPattern = false,
        };
        session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        if (options.UsesCommonArena) session.AddSessionConfigEntry("session.use_env_allocators", "1");
        if (options.ProfilePrefix is null) return session;
        // In this order: enabling takes the prefix as it is then, and the default one is the working directory.
        session.ProfileOutputPathPrefix = options.ProfilePrefix;
        session.EnableProfiling = true;
        return session;
    }

    private static void AppendTensorRt(SessionOptions session, Dictionary<string, string> settings)
    {
        Directory.CreateDirectory(settings["trt_engine_cache_path"]);
        using OrtTensorRTProviderOptions tensorRt = new();
        tensorRt.UpdateOptions(settings);
        session.AppendExecutionProvider_Tensorrt(tensorRt);
    }

    private static void AppendCuda(SessionOptions session, Dictionary<string, string> settings)
    {
        using OrtCUDAProviderOptions cuda = new();
        cuda.UpdateOptions(settings);
        session.AppendExecutionProvider_CUDA(cuda);
    }
}
