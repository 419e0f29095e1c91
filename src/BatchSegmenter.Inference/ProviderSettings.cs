using System.Globalization;

namespace BatchSegmenter.Inference;

/// <summary>What the providers of accelerators are told, by the names that ONNX Runtime's documentation gives.</summary>
internal static class ProviderSettings
{
    /// <summary>Settings of CUDA.</summary>
    public static Dictionary<string, string> Cuda(SegmentationModelOptions options)
    {
        Dictionary<string, string> settings = new() { ["device_id"] = Text(options.DeviceId) };
        if (options.DeviceMemory is not { } memory) return settings;
        settings["gpu_mem_limit"] = Text(memory);
        settings["arena_extend_strategy"] = "kSameAsRequested"; // the other doubles, and so passes the limit early
        return settings;
    }

    /// <summary>
    /// Settings of TensorRT. Making an engine takes minutes, so they are kept, a folder for each bundle; the runtime puts the kind of GPU and the shapes into
    /// the files' names.
    /// </summary>
    /// <param name="options">Device, memory and folder.</param>
    /// <param name="bundle">The bundle's id.</param>
    public static Dictionary<string, string> TensorRt(SegmentationModelOptions options, string bundle)
    {
        string folder = Path.Combine(options.EngineCache, bundle);
        Dictionary<string, string> settings = new()
        {
            ["device_id"] = Text(options.DeviceId),
            ["trt_engine_cache_enable"] = "1",
            ["trt_engine_cache_path"] = folder,
            ["trt_timing_cache_enable"] = "1",
            ["trt_timing_cache_path"] = folder,
        };
        if (options.DeviceMemory is { } memory) settings["trt_max_workspace_size"] = Text(memory / 2);
        return settings;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
