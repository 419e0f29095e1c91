using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>How it was found out how the network is run.</summary>
public enum SetupOrigin
{
    /// <summary>The pipeline file says all of it.</summary>
    Set,

    /// <summary>It was measured before on this machine.</summary>
    Remembered,

    /// <summary>It was measured for this run.</summary>
    Measured,

    /// <summary>What is best as a rule: the run is too small to measure, the machine too busy, or the network runs on an accelerator.</summary>
    Standard,
}

/// <summary>How the network is run.</summary>
/// <param name="Provider">The execution provider; with <c>fp16</c> behind it where it computes in half precision.</param>
/// <param name="Devices">The accelerators in use; 0 for the processor.</param>
/// <param name="Sessions">Sessions side by side, on all devices together.</param>
/// <param name="Threads">Threads within a session run, on the processor.</param>
/// <param name="BlocksPerBatch">Blocks of a session run.</param>
/// <param name="Origin">Where that comes from.</param>
public sealed record UsedSetup(string Provider, IReadOnlyList<int> Devices, int Sessions, int Threads, int BlocksPerBatch, SetupOrigin Origin);

/// <summary>The model of a run, loaded as is fastest on this machine.</summary>
public static class RunModel
{
    /// <summary>Inputs with less than this are done before a measurement has paid off: some ten million points of LAZ.</summary>
    public const long LeastBytes = 64L << 20;

    /// <summary>Loads the bundle that a run asks for.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="inputBytes">Bytes of all inputs of the run; 0 never measures.</param>
    /// <param name="remembered">Setups that were measured before.</param>
    /// <param name="cancellation">Ends download and measurement.</param>
    /// <exception cref="ConfigurationException">More threads than cores, or the bundle's precision is not the one asked for.</exception>
    /// <exception cref="Onnx.ModelException">The bundle is missing, damaged or not trusted, or the runtime refuses the network.</exception>
    /// <exception cref="IOException">It cannot be read, or the store does not answer.</exception>
    public static Task<(SegmentationModel Model, UsedSetup Setup)> LoadAsync(SegmentationOptions options, long inputBytes, RememberedSetups remembered, CancellationToken cancellation = default) =>
        LoadAsync(options, inputBytes, remembered, search => search.Fastest(cancellation), cancellation);

    // What measures is a parameter, so that tests do not depend on how fast and busy a machine is.
    internal static async Task<(SegmentationModel Model, UsedSetup Setup)> LoadAsync(
        SegmentationOptions options, long inputBytes, RememberedSetups remembered, Func<SetupSearch, (InferenceSetup Setup, double PointsPerSecond)?> measure, CancellationToken cancellation = default)
    {
        InferenceOptions wished = options.Inference;
        int cores = Math.Min(options.Limits.Cores ?? Environment.ProcessorCount, InferenceGrid.Most);
        if (wished.Threads > cores)
            throw new ConfigurationException($"inference.threads: found {wished.Threads}; expected at most the {cores} cores that the run may use (limits.cores), or \"auto\"");

        ModelBundle bundle = await StoredBundle.LoadAsync(options, cancellation).ConfigureAwait(false);
        SegmentationModelOptions asked = new()
        {
            Providers = wished.Providers,
            Devices = wished.Devices,
            DeviceMemory = wished.DeviceMemory,
            HalfPrecision = wished.Precision == "fp16" && bundle.Description.Precision == ModelPrecision.Fp32,
            Sessions = wished.Sessions,
            BlocksPerBatch = wished.BlocksPerBatch,
        };
        if (wished.Providers[0] != ExecutionProvider.Cpu)
        {
            SegmentationModel accelerated = SegmentationModel.Load(bundle, asked);
            if (accelerated.Provider != ExecutionProvider.Cpu) return (accelerated, Used(accelerated, Origin(SetupOrigin.Standard)));
            // The processor wants another setup; why it must do is found out, and told, again.
            accelerated.Dispose();
        }

        SetupSearch search = new(bundle, cores) { Sessions = wished.Sessions, Threads = wished.Threads, BlocksPerBatch = wished.BlocksPerBatch };
        (InferenceSetup setup, SetupOrigin origin) = Choose(search);
        SegmentationModel model = SegmentationModel.Load(bundle, asked with { Sessions = setup.Sessions, ThreadsPerRun = setup.Threads, BlocksPerBatch = setup.BlocksPerBatch });
        return (model, Used(model, origin));

        (InferenceSetup Setup, SetupOrigin Origin) Choose(SetupSearch search)
        {
            if (Origin(SetupOrigin.Standard) == SetupOrigin.Set) return (search.Standard, SetupOrigin.Set);
            SetupKey key = new(
                MachineDescription.Current.Processor, cores, SegmentationModel.RuntimeVersion, ExecutionProvider.Cpu, bundle.Id, wished.Sessions, wished.Threads, wished.BlocksPerBatch);
            if (remembered.Find(key) is { } known) return (known, SetupOrigin.Remembered);
            if (inputBytes < LeastBytes) return (search.Standard, SetupOrigin.Standard);
            if (measure(search) is not var (fastest, rate)) return (search.Standard, SetupOrigin.Standard);
            remembered.Remember(key, fastest, rate);
            return (fastest, SetupOrigin.Measured);
        }

        SetupOrigin Origin(SetupOrigin otherwise) => wished is { Sessions: not null, Threads: not null, BlocksPerBatch: not null } ? SetupOrigin.Set : otherwise;
    }

    private static UsedSetup Used(SegmentationModel model, SetupOrigin origin) =>
        new(model.RunsInHalfPrecision ? $"{model.Provider} fp16" : model.Provider, model.Devices, model.Sessions, model.ThreadsPerRun, model.BlocksPerBatch, origin);
}
