using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Storage;

public sealed class StoredBundleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ModelPrecision.Fp32, "auto", null)]
    [InlineData(ModelPrecision.Fp32, "fp32", null)]
    [InlineData(ModelPrecision.Int8, "auto", null)]
    [InlineData(ModelPrecision.Int8, "int8", null)]
    [InlineData(ModelPrecision.Fp32, "int8", "found \"int8\", but the bundle {0} is fp32; use \"auto\", or a bundle made by 'model quantize'")]
    [InlineData(ModelPrecision.Int8, "fp32", "found \"fp32\", but the bundle {0} is int8; use \"auto\", or the bundle that it was made of")]
    [InlineData(ModelPrecision.Fp32, "fp16", "found \"fp16\", but the bundle {0} is fp32; use \"auto\", or a bundle made by 'model quantize --precision fp16', or \"tensorrt\" first in inference.providers, which computes a bundle in fp32 so")]
    [InlineData(ModelPrecision.Fp16, "fp16", null)]
    [InlineData(ModelPrecision.Fp16, "fp32", "found \"fp32\", but the bundle {0} is fp16; use \"auto\", or the bundle that it was made of")]
    [InlineData(ModelPrecision.Fp16, "auto", "found \"auto\", but the bundle {0} is fp16, which is for accelerators and slow on the processor, the only provider here; use the bundle that it was made of, or \"fp16\" to run it all the same")]
    public async Task The_precision_asked_for_must_be_the_bundles(ModelPrecision precision, string asked, string? told)
    {
        string folder = _folder["bundle"];
        SampleBundle.Write(folder, SampleBundle.Description with { Precision = precision, Quantization = precision != ModelPrecision.Fp32 ? new QuantizationDescription("sample", 1, 0.9) : null });
        SegmentationOptions options = new() { Inputs = ["a.las"], Model = folder, Output = _folder["out"], Inference = new InferenceOptions { Precision = asked } };

        if (told is null)
            Assert.Equal(precision, (await StoredBundle.LoadAsync(options)).Description.Precision);
        else
            Assert.Equal("inference.precision: " + string.Format(told, folder), (await Assert.ThrowsAsync<ConfigurationException>(() => StoredBundle.LoadAsync(options))).Message);
    }

    [Theory]
    [InlineData(ModelPrecision.Fp32, true)]
    [InlineData(ModelPrecision.Int8, false)]
    public async Task TensorRt_rounds_a_bundle_in_fp32_itself(ModelPrecision precision, bool rounds)
    {
        SampleBundle.Write(_folder["bundle"], SampleBundle.Description with { Precision = precision, Quantization = precision == ModelPrecision.Int8 ? new QuantizationDescription("sample", 1, 0.9) : null });
        SegmentationOptions options = new()
        {
            Inputs = ["a.las"], Model = _folder["bundle"], Output = _folder["out"], Inference = new InferenceOptions { Precision = "fp16", Providers = ["tensorrt", "cpu"] },
        };

        if (rounds) Assert.Equal(precision, (await StoredBundle.LoadAsync(options)).Description.Precision);
        else await Assert.ThrowsAsync<ConfigurationException>(() => StoredBundle.LoadAsync(options));
    }
}
