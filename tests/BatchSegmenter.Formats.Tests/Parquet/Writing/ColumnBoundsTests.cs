using System.Numerics;
using BatchSegmenter.Formats.Parquet.Writing;

namespace BatchSegmenter.Formats.Tests.Parquet.Writing;

public sealed class ColumnBoundsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(100)]
    public void Bounds_are_those_of_the_values_wherever_they_stand(int count)
    {
        for (int at = 0; at < count; at++)
        {
            Check([.. Enumerable.Range(0, count).Select(i => 500_000 + Math.Sin(i))], at, 499_000, 501_000);
            Check([.. Enumerable.Range(0, count).Select(i => (float)Math.Sin(i))], at, float.NegativeInfinity, float.PositiveInfinity);
            Check([.. Enumerable.Range(0, count)], at, int.MinValue, int.MaxValue);
            Check([.. Enumerable.Range(0, count).Select(i => (long)i)], at, long.MinValue, long.MaxValue);
            Check<byte>([.. Enumerable.Range(0, count).Select(i => (byte)(i + 1))], at, 0, 255);
        }
    }

    [Fact]
    public void There_are_none_where_a_value_is_not_a_number()
    {
        for (int at = 0; at < 41; at++)
        {
            float[] values = [.. Enumerable.Range(0, 41).Select(i => (float)i)];
            Assert.True(ColumnBounds.TryFind<float>(values, out _, out _));
            values[at] = float.NaN;
            Assert.False(ColumnBounds.TryFind<float>(values, out _, out _));
        }
    }

    [Fact]
    public void There_are_none_of_no_values() => Assert.False(ColumnBounds.TryFind<double>([], out _, out _));

    [Fact]
    public void Zeros_are_the_negative_one_below_and_the_positive_one_above()
    {
        foreach (double first in (double[])[0.0, -0.0])
        {
            foreach (double second in (double[])[0.0, -0.0])
            {
                Assert.True(ColumnBounds.TryFind<double>([first, second, first], out double min, out double max));
                Assert.Equal((true, false), (double.IsNegative(min), double.IsNegative(max)));
            }
        }
    }

    private static void Check<T>(T[] values, int at, T least, T greatest)
        where T : unmanaged, INumber<T>
    {
        values[at] = least;
        Assert.True(ColumnBounds.TryFind<T>(values, out T min, out T max));
        Assert.Equal((least, values.Max()), (min, max));
        values[at] = greatest;
        Assert.True(ColumnBounds.TryFind<T>(values, out min, out max));
        Assert.Equal((values.Min(), greatest), (min, max));
    }
}
