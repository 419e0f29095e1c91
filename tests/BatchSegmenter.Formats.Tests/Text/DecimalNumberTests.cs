using System.Globalization;
using System.Text;
using BatchSegmenter.Formats.Text;

namespace BatchSegmenter.Formats.Tests.Text;

public class DecimalNumberTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("+1.5")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("9007199254740993")]
    [InlineData("0.1")]
    [InlineData("123456.789012345678901234567890")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999.5")]
    [InlineData("0.000000000000000000000000000123")]
    [InlineData("1e22")]
    [InlineData("1e23")]
    [InlineData("-1.7976931348623157E+308")]
    [InlineData("5e-324")]
    [InlineData("1e-400")]
    [InlineData("1e400")]
    [InlineData("0e999999999999")]
    [InlineData("4320978.61")]
    public void Numbers_are_those_of_the_platform(string text) => Check(text);

    [Fact]
    public void Random_numbers_are_those_of_the_platform()
    {
        Random random = new(7);
        for (int i = 0; i < 20000; i++)
        {
            double any = BitConverter.Int64BitsToDouble(random.NextInt64());
            if (double.IsFinite(any)) Check(any.ToString("R", CultureInfo.InvariantCulture));
            Check(((random.NextDouble() - 0.5) * 1e7).ToString("F" + random.Next(0, 18), CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("e5")]
    [InlineData("x1")]
    [InlineData("nano")]
    public void What_is_no_number_is_left_alone(string text)
    {
        int at = 0;
        Assert.False(DecimalNumber.TryRead(Encoding.ASCII.GetBytes(text), ref at, (byte)'.', out _));
        Assert.Equal(0, at);
    }

    [Fact]
    public void A_number_ends_where_it_ends()
    {
        int at = 1;
        Assert.True(DecimalNumber.TryRead(" 12,5e1 7"u8, ref at, (byte)',', out double value));
        Assert.Equal((125.0, 7), (value, at));
        at = 0;
        Assert.True(DecimalNumber.TryRead("3em"u8, ref at, (byte)'.', out value));
        Assert.Equal((3.0, 1), (value, at));
        at = 0;
        Assert.True(DecimalNumber.TryRead("1,2345678901234567890123"u8, ref at, (byte)',', out value));
        Assert.Equal(1.2345678901234567890123, value);
        at = 0;
        Assert.True(DecimalNumber.TryRead("-Inf"u8, ref at, (byte)'.', out value));
        Assert.Equal(double.NegativeInfinity, value);
    }

    private static void Check(string text)
    {
        int at = 0;
        Assert.True(DecimalNumber.TryRead(Encoding.ASCII.GetBytes(text), ref at, (byte)'.', out double value), text);
        Assert.Equal(text.Length, at);
        Assert.True(BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)) == BitConverter.DoubleToInt64Bits(value), text);
    }
}
