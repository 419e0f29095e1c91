using System.Globalization;

namespace BatchSegmenter.Inference;

/// <summary>What the providers of accelerators are told, by the names that ONNX Runtime's documentation gives.</summary>
internal static class ProviderSettings
{
    /// <summary>Settings of CUDA.</summary>
    /// <param name="options">Memory.</param>
    /// <param name="device">The accelerator.</param>
    public static Dictionary<string, string> Cuda(SegmentationModelOptions options, int device)
    {
        Dictionary<string, string> settings = new() { ["device_id"] = Text(device) };
        if (options.DeviceMemory is not { } memory) return settings;
        settings["gpu_mem_limit"] = Text(memory / (options.Sessions ?? 1)); // which counts for one session
        settings["arena_extend_strategy"] = "kSameAsRequested"; // the other doubles, and so passes the limit early
        return settings;
    }

    /// <summary>
    /// Settings of TensorRT. Making an engine takes minutes, so they are kept, a folder for each bundle; the runtime puts the kind of GPU and the shapes into
    /// the files' names. One engine serves all sizes of batches where their shapes are known before.
    /// </summary>
    /// <param name="options">Memory, arithmetic and folder.</param>
    /// <param name="device">The accelerator.</param>
    /// <param name="engines">The bundle and its shapes.</param>
    public static Dictionary<string, string> TensorRt(SegmentationModelOptions options, int device, EngineDescription engines)
    {
        // Engines in half precision are others, but have no other name.
        string folder = Path.Combine(options.EngineCache, options.HalfPrecision ? $"{engines.Bundle}-fp16" : engines.Bundle);
        Dictionary<string, string> settings = new()
        {
            ["device_id"] = Text(device),
            ["trt_engine_cache_enable"] = "1",
            ["trt_engine_cache_path"] = folder,
            ["trt_timing_cache_enable"] = "1",
            ["trt_timing_cache_path"] = folder,
        };
        if (options.DeviceMemory is { } memory) settings["trt_max_workspace_size"] = Text(memory / 2 / (options.Sessions ?? 1));
        if (options.HalfPrecision || engines.IsInHalves) settings["trt_fp16_enable"] = "1";
        if (engines is not { LeastShapes: { } least, LargestShapes: { } largest }) return settings;
        settings["trt_profile_min_shapes"] = least;
        settings["trt_profile_opt_shapes"] = largest; // most batches are full
        settings["trt_profile_max_shapes"] = largest;
        return settings;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What TensorRT's engines are made for.</summary>
/// <param name="Bundle">The bundle's id, by which they are kept.</param>
/// <param name="LeastShapes">Shapes of the inputs of the smallest batch, <c>name:1x2,…</c>; null where they are not known before.</param>
/// <param name="LargestShapes">Likewise of the largest.</param>
/// <param name="IsInHalves">Whether the network itself computes in half precision, for which engines must be allowed to.</param>
internal sealed record EngineDescription(string Bundle, string? LeastShapes = null, string? LargestShapes = null, bool IsInHalves = false)
{
    /// <summary>Of networks that are not in a bundle.</summary>
    public static EngineDescription None { get; } = new("none");
}
