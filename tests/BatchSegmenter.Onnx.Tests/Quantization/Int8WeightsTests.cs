using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Tests.Quantization;

public sealed class Int8WeightsTests
{
    [Fact]
    public void Each_output_channel_has_its_own_scale()
    {
        // Columns of 3.1, 31 and 0.
        Int8Weights weights = Int8Weights.Of([3.1f, -31, 0, -1.52f, 0.4f, 0], outputs: 3, Int8Weights.LargestInFours);

        Assert.Equal([31, -31, 0, -15, 0, 0], weights.Values);
        Assert.Equal([3.1f / 31, 1, 1], weights.Scales);
    }

    [Fact]
    public void Two_products_or_four_fit_sixteen_bits()
    {
        Assert.True(2 * byte.MaxValue * Int8Weights.Largest <= short.MaxValue);
        Assert.True(4 * byte.MaxValue * Int8Weights.LargestInFours <= short.MaxValue);
    }

    /// <summary>An outlier may saturate where that lets all others have finer steps.</summary>
    [Fact]
    public void No_scale_changes_the_weights_less()
    {
        float[] even = [.. Enumerable.Range(-31, 63).Select(i => i * 0.25f)], outlier = [.. Enumerable.Range(0, 200).Select(i => i % 20 * 0.05f), 1.2f];
        Int8Weights exact = Int8Weights.Of(even, outputs: 1, Int8Weights.LargestInFours), finer = Int8Weights.Of(outlier, outputs: 1, Int8Weights.LargestInFours);

        Assert.Equal(0.25f, exact.Scales[0]);
        Assert.Equal(Enumerable.Range(-31, 63), exact.Values.Select(value => (int)value));
        Assert.InRange(finer.Scales[0], 0.9f * 1.2f / 31 * 0.5f, 0.99f * 1.2f / 31);
        Assert.Equal(Int8Weights.LargestInFours, finer.Values[^1]);
        Assert.True(Change(outlier, finer) < 0.9 * Change(outlier, new Int8Weights([.. outlier.Select(weight => (sbyte)MathF.Round(weight / (1.2f / 31)))], [1.2f / 31])));
    }

    [Theory]
    [InlineData(Int8Weights.Largest)]
    [InlineData(Int8Weights.LargestInFours)]
    public void Is_off_by_half_a_step_at_most_but_for_what_saturates(int largest)
    {
        Random random = new(1);
        float[] values = [.. Enumerable.Range(0, 64 * 5).Select(i => (random.NextSingle() - 0.5f) * MathF.Pow(10, i % 5 - 2))];

        Int8Weights weights = Int8Weights.Of(values, outputs: 5, largest);

        for (int i = 0; i < values.Length; i++)
            if (Math.Abs((int)weights.Values[i]) < largest) Assert.InRange(weights.Values[i] * weights.Scales[i % 5] - values[i], -0.501f * weights.Scales[i % 5], 0.501f * weights.Scales[i % 5]);
        for (int channel = 0; channel < 5; channel++)
            Assert.Equal(largest, Enumerable.Range(0, 64).Max(row => Math.Abs((int)weights.Values[row * 5 + channel])));
    }

    private static double Change(float[] weights, Int8Weights quantized) => weights.Zip(quantized.Values).Sum(pair => Math.Pow(pair.First - pair.Second * quantized.Scales[0], 2));
}
