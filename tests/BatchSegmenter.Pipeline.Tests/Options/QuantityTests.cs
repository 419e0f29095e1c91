using BatchSegmenter.Pipeline.Options;

namespace BatchSegmenter.Pipeline.Tests.Options;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("auto", 0L)]
    [InlineData("1", 1L)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("800MB", 800_000_000L)]
    [InlineData("2 KiB", 2048L)]
    [InlineData("0GiB", null)]
    [InlineData("-1GiB", null)]
    [InlineData("2 apples", null)]
    [InlineData("GiB", null)]
    [InlineData("9999999TiB", null)]
    public void Bytes(string text, long? expected) => Assert.Equal(expected, Quantity.ParseBytes(text));

    [Theory]
    [InlineData("90s", 90.0)]
    [InlineData("1.5m", 90.0)]
    [InlineData("2h", 7200.0)]
    [InlineData("0s", null)]
    [InlineData("-1s", null)]
    [InlineData("30", null)]
    [InlineData("m", null)]
    [InlineData("", null)]
    public void Times(string text, double? seconds) => Assert.Equal(seconds, Quantity.ParseTime(text)?.TotalSeconds);
}
