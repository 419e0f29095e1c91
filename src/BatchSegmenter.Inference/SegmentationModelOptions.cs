namespace BatchSegmenter.Inference;

/// <summary>How a model is run.</summary>
public sealed record SegmentationModelOptions
{
    /// <summary>Execution providers in order of wish: <c>tensorrt</c>, <c>cuda</c>, <c>cpu</c>. Default: the processor alone.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [ExecutionProvider.Cpu];

    /// <summary>The accelerators to use, from 0, at least one. Default: the first. Without effect on the processor.</summary>
    public IReadOnlyList<int> Devices { get; init; } = [0];

    /// <summary>The most memory of each accelerator to use, bytes; null for all. Without effect on the processor.</summary>
    public long? DeviceMemory { get; init; }

    /// <summary>Folder for engines that TensorRT has made, which takes minutes each. Default: <c>engines</c> in <see cref="MachineCache.Folder"/>.</summary>
    public string EngineCache { get; init; } = MachineCache.Of("engines");

    /// <summary>
    /// Sessions on each device, at least 1, of which each does one run at a time; null for as many as there are cores for on the processor, and one on an
    /// accelerator. Runs that share a session wait for one another where its layers are not fused (two on two cores did 277 blocks a second, two sessions 380).
    /// </summary>
    public int? Sessions { get; init; }

    /// <summary>
    /// Threads that one run uses on the processor, at least 1. Default: 1, which is fastest where several runs go side by
    /// side; more shorten a single run.
    /// </summary>
    public int ThreadsPerRun { get; init; } = 1;

    /// <summary>Whether layers are fused on the processor, where it has the vectors for it; scores differ by rounding alone. Default: yes.</summary>
    internal bool IsFused { get; init; } = true;

    /// <summary>Blocks of the largest batch, at least 1; null for 1 on the processor, whose caches hold no more, and 16 on an accelerator.</summary>
    public int? BlocksPerBatch { get; init; }

    /// <summary>Whether TensorRT may compute in half precision. Without effect on others.</summary>
    public bool HalfPrecision { get; init; }

    /// <summary>Whether batches are filled up to few sizes; null for accelerators only.</summary>
    internal bool? FillsBatches { get; init; }

    /// <summary>Whether sessions take their memory from an arena that the process has registered with the runtime.</summary>
    internal bool UsesCommonArena { get; init; }

    /// <summary>Beginning of the name of a file that the runtime writes what it executes to; null for none.</summary>
    internal string? ProfilePrefix { get; init; }
}
