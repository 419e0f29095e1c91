namespace BatchSegmenter.Inference.Tests;

public sealed class ProviderSettingsTests
{
    [Fact]
    public void Cuda_is_told_the_device_and_what_it_may_take()
    {
        Assert.Equal(new Dictionary<string, string> { ["device_id"] = "0" }, ProviderSettings.Cuda(new()));
        Assert.Equal(
            new Dictionary<string, string> { ["device_id"] = "3", ["gpu_mem_limit"] = "8589934592", ["arena_extend_strategy"] = "kSameAsRequested" },
            ProviderSettings.Cuda(new() { DeviceId = 3, DeviceMemory = 8L << 30 }));
    }

    [Fact]
    public void TensorRt_keeps_its_engines_by_bundle()
    {
        SegmentationModelOptions options = new() { DeviceId = 1, DeviceMemory = 1000, EngineCache = "cache" };

        Dictionary<string, string> settings = ProviderSettings.TensorRt(options, "abc");

        Assert.Equal(Path.Combine("cache", "abc"), settings["trt_engine_cache_path"]);
        Assert.Equal(("1", "1", "500"), (settings["device_id"], settings["trt_engine_cache_enable"], settings["trt_max_workspace_size"]));
        Assert.NotEqual(settings["trt_engine_cache_path"], ProviderSettings.TensorRt(options, "abd")["trt_engine_cache_path"]);
        Assert.False(ProviderSettings.TensorRt(new(), "abc").ContainsKey("trt_max_workspace_size"));
    }
}
