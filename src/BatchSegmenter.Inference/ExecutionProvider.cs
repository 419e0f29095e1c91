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

    /// <summary>Starts a session with the first provider wished for that works.</summary>
    /// <param name="network">The bytes of the ONNX file.</param>
    /// <param name="options">Wishes and device.</param>
    /// <param name="bundle">The bundle's id, by which TensorRT's engines are kept.</param>
    /// <returns>The session, its provider, and a line for each provider passed over.</returns>
    /// <exception cref="ArgumentException">A wish is no provider's name.</exception>
    /// <exception cref="OnnxRuntimeException">The last wish failed too.</exception>
    internal static (InferenceSession Session, string Provider, IReadOnlyList<string> PassedOver) Start(byte[] network, SegmentationModelOptions options, string bundle = "none")
    {
        foreach (string wish in options.Providers)
            if (!Names.Contains(wish)) throw new ArgumentException($"\"{wish}\" is no execution provider; {string.Join(", ", Names)} are.", nameof(options));

        string[] available = RuntimeLog.Runtime.GetAvailableProviders();
        List<string> passedOver = [];
        // The processor is the last resort even where it was not wished for: a labelled survey late is better than none.
        foreach (string wish in options.Providers.TakeWhile(name => name != Cpu))
        {
            string wanted = wish == Cuda ? "CUDAExecutionProvider" : "TensorrtExecutionProvider";
            if (!available.Contains(wanted))
            {
                passedOver.Add($"{wish} is not used: this build of ONNX Runtime has {string.Join(", ", available)}");
                continue;
            }
            try
            {
                using SessionOptions accelerated = CommonOptions(options);
                if (wish == TensorRt) AppendTensorRt(accelerated, ProviderSettings.TensorRt(options, bundle));
                AppendCuda(accelerated, ProviderSettings.Cuda(options));
                return (new InferenceSession(network, accelerated), wish, passedOver);
            }
            catch (Exception fault) when (fault is EntryPointNotFoundException or DllNotFoundException or OnnxRuntimeException or IOException or UnauthorizedAccessException)
            {
                passedOver.Add($"{wish} is not used: it failed to start on device {options.DeviceId} ({FirstLine(fault.Message)})");
            }
        }
        using SessionOptions plain = CommonOptions(options);
        return (new InferenceSession(options.IsFused ? FusedDomain.Fuse(network, plain, passedOver) : network, plain), Cpu, passedOver);
    }

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

    private static string FirstLine(string message) => message.ReplaceLineEndings("\n").Split('\n')[0];
}
