namespace BatchSegmenter.Inference;

/// <summary>How a model is run.</summary>
public sealed record SegmentationModelOptions
{
    /// <summary>Execution providers in order of wish: <c>tensorrt</c>, <c>cuda</c>, <c>cpu</c>. Default: the processor alone.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [ExecutionProvider.Cpu];

    /// <summary>The accelerator to use, from 0. Default: 0. Without effect on the processor.</summary>
    public int DeviceId { get; init; }

    /// <summary>The most memory of the accelerator to use, bytes; null for all. Without effect on the processor.</summary>
    public long? DeviceMemory { get; init; }

    /// <summary>Folder for engines that TensorRT has made, which takes minutes each. Default: <c>batchsegmenter/engines</c> in the user's local application data.</summary>
    public string EngineCache { get; init; } = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "batchsegmenter", "engines");

    /// <summary>
    /// Threads that one run uses on the processor, at least 1. Default: 1, which is fastest where several runs go side by
    /// side; more shorten a single run.
    /// </summary>
    public int ThreadsPerRun { get; init; } = 1;

    /// <summary>Whether layers are fused on the processor, where it has the vectors for it; scores differ by rounding alone. Default: yes.</summary>
    internal bool IsFused { get; init; } = true;

    /// <summary>Beginning of the name of a file that the runtime writes what it executes to; null for none.</summary>
    internal string? ProfilePrefix { get; init; }
}
