using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Tests.Quantization;

public sealed class Int8WeightsTests
{
    [Fact]
    public void Each_output_channel_has_its_own_scale()
    {
        // Columns of 6.3, 63 and 0.
        Int8Weights weights = Int8Weights.Of([6.3f, -63, 0, -3.14f, 0.4f, 0], outputs: 3);

        Assert.Equal([63, -63, 0, -31, 0, 0], weights.Values);
        Assert.Equal([0.1f, 1, 1], weights.Scales);
    }

    [Fact]
    public void Two_products_fit_sixteen_bits() => Assert.True(2 * byte.MaxValue * Int8Weights.Largest <= short.MaxValue);

    [Fact]
    public void Is_off_by_half_a_step_at_most()
    {
        Random random = new(1);
        float[] values = [.. Enumerable.Range(0, 64 * 5).Select(i => (random.NextSingle() - 0.5f) * MathF.Pow(10, i % 5 - 2))];

        Int8Weights weights = Int8Weights.Of(values, outputs: 5);

        for (int i = 0; i < values.Length; i++)
            Assert.InRange(weights.Values[i] * weights.Scales[i % 5] - values[i], -0.501f * weights.Scales[i % 5], 0.501f * weights.Scales[i % 5]);
        for (int channel = 0; channel < 5; channel++)
            Assert.Equal(Int8Weights.Largest, Enumerable.Range(0, 64).Max(row => Math.Abs((int)weights.Values[row * 5 + channel])));
    }
}
