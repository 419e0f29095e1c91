namespace BatchSegmenter.Inference.Tests;

public sealed class ProviderSettingsTests
{
    [Fact]
    public void Cuda_is_told_the_device_and_what_it_may_take()
    {
        Assert.Equal(new Dictionary<string, string> { ["device_id"] = "0" }, ProviderSettings.Cuda(new(), 0));
        Assert.Equal(
            new Dictionary<string, string> { ["device_id"] = "3", ["gpu_mem_limit"] = "8589934592", ["arena_extend_strategy"] = "kSameAsRequested" },
            ProviderSettings.Cuda(new() { DeviceMemory = 8L << 30 }, 3));
    }

    [Fact]
    public void Sessions_of_a_device_share_its_memory()
    {
        SegmentationModelOptions options = new() { DeviceMemory = 1200, Sessions = 3 };
        Assert.Equal("400", ProviderSettings.Cuda(options, 0)["gpu_mem_limit"]);
        Assert.Equal("200", ProviderSettings.TensorRt(options, 0, EngineDescription.None)["trt_max_workspace_size"]);
    }

    [Fact]
    public void TensorRt_keeps_its_engines_by_bundle()
    {
        SegmentationModelOptions options = new() { DeviceMemory = 1000, EngineCache = "cache" };

        Dictionary<string, string> settings = ProviderSettings.TensorRt(options, 1, new EngineDescription("abc"));

        Assert.Equal(Path.Combine("cache", "abc"), settings["trt_engine_cache_path"]);
        Assert.Equal(("1", "1", "500"), (settings["device_id"], settings["trt_engine_cache_enable"], settings["trt_max_workspace_size"]));
        Assert.NotEqual(settings["trt_engine_cache_path"], ProviderSettings.TensorRt(options, 1, new EngineDescription("abd"))["trt_engine_cache_path"]);
        Assert.False(ProviderSettings.TensorRt(new(), 1, new EngineDescription("abc")).ContainsKey("trt_max_workspace_size"));
    }

    [Fact]
    public void TensorRt_makes_one_engine_for_all_sizes_that_are_known_before()
    {
        Dictionary<string, string> settings = ProviderSettings.TensorRt(new(), 0, new EngineDescription("abc", "positions:512x3", "positions:65536x3"));
        Assert.Equal(
            ("positions:512x3", "positions:65536x3", "positions:65536x3"),
            (settings["trt_profile_min_shapes"], settings["trt_profile_opt_shapes"], settings["trt_profile_max_shapes"]));
        Assert.DoesNotContain(ProviderSettings.TensorRt(new(), 0, new EngineDescription("abc")).Keys, key => key.StartsWith("trt_profile"));
    }

    [Fact]
    public void TensorRt_computes_in_half_precision_only_if_asked_and_with_engines_of_their_own()
    {
        EngineDescription engines = new("abc");
        Dictionary<string, string> single = ProviderSettings.TensorRt(new(), 0, engines), half = ProviderSettings.TensorRt(new() { HalfPrecision = true }, 0, engines);
        Assert.Equal("1", half["trt_fp16_enable"]);
        Assert.DoesNotContain("trt_fp16_enable", single.Keys);
        Assert.NotEqual(single["trt_engine_cache_path"], half["trt_engine_cache_path"]);
        Assert.Equal("1", ProviderSettings.TensorRt(new(), 0, engines with { IsInHalves = true })["trt_fp16_enable"]);
    }
}
