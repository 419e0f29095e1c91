using System.Globalization;
using BatchSegmenter.Formats.Text;

namespace BatchSegmenter.Formats.Records;

/// <summary>Reads decimal numbers that are whole words, whatever their spelling.</summary>
internal static class AsciiNumber
{
    /// <summary>The number that <paramref name="text"/> is; NaN for each spelling of it that C libraries print.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        int end = 0;
        return (DecimalNumber.TryRead(text, ref end, (byte)'.', out value) && end == text.Length)
            || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) || TryParseSpecial(text, out value);
    }

    private static bool TryParseSpecial(ReadOnlySpan<byte> text, out double value)
    {
        bool negative = text.StartsWith("-"u8);
        if (negative || text.StartsWith("+"u8)) text = text[1..];
        Span<byte> lower = stackalloc byte[3];
        value = double.NaN;
        if (text.Length < 3) return false;
        for (int i = 0; i < 3; i++) lower[i] = (byte)(text[i] | 0x20);
        if (lower.SequenceEqual("inf"u8))
        {
            value = negative ? double.NegativeInfinity : double.PositiveInfinity;
            return text.Length is 3 or 8;
        }

        return lower.SequenceEqual("nan"u8) && (text.Length == 3 || text[3] == '(');
    }
}
