using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Tests.Quantization;

public sealed class Int8ScaleTests
{
    [Theory]
    [InlineData(0, 51, 0.2, 0)]
    [InlineData(3, 51, 0.2, 0)] // widened to hold 0
    [InlineData(-51, 0, 0.2, 255)]
    [InlineData(-60, -51, 60.0 / 255, 255)]
    [InlineData(-1, 1, 2.0 / 255, 128)] // 127.5 goes to the even one
    [InlineData(-20, 31, 0.2, 100)]
    public void Spans_its_range_and_holds_zero(float least, float greatest, double step, byte zero)
    {
        Int8Scale scale = Int8Scale.Of(least, greatest);

        Assert.Equal((step, zero), (scale.Scale, scale.ZeroPoint), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-7 && a.Item2 == b.Item2);
        Assert.Equal(0f, scale.Dequantize(scale.Quantize(0)));
    }

    [Theory]
    [InlineData(0.2, 1)]
    [InlineData(0.3, 2)] // 1.5 steps, ties to even
    [InlineData(0.5, 2)] // 2.5 steps
    [InlineData(-0.1, 0)] // what ReLU would make 0
    [InlineData(-1e30, 0)]
    [InlineData(51, 255)]
    [InlineData(1e30, 255)]
    [InlineData(float.PositiveInfinity, 255)]
    public void Rounds_to_even_and_saturates(float value, byte expected) => Assert.Equal(expected, new Int8Scale(0.2f, 0).Quantize(value));

    [Fact]
    public void Is_off_by_half_a_step_at_most_within_the_range()
    {
        Int8Scale scale = Int8Scale.Of(-3, 7);
        for (float value = -3; value <= 7; value += 0.01f)
            Assert.InRange(scale.Dequantize(scale.Quantize(value)) - value, -0.502f * scale.Scale, 0.502f * scale.Scale);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1e-38)]
    public void A_layer_that_sees_nothing_gets_a_usable_scale(float least, float greatest) => Assert.Equal(new Int8Scale(1, 0), Int8Scale.Of(least, greatest));

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(0, float.PositiveInfinity)]
    [InlineData(2, 1)]
    public void Refuses_ranges_that_are_none(float least, float greatest) => Assert.Throws<ArgumentException>(() => Int8Scale.Of(least, greatest));
}
