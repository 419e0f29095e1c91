using System.Globalization;

namespace BatchSegmenter.Formats.Records;

/// <summary>Reads decimal numbers as exactly as the platform does, plain ones much faster.</summary>
internal static class AsciiNumber
{
    private const ulong MaxExact = 1UL << 53;

    private static readonly double[] PowersOfTen = [.. Enumerable.Range(0, 23).Select(power => double.Parse($"1e{power}", CultureInfo.InvariantCulture))];

    /// <summary>The number that <paramref name="text"/> is; NaN for each spelling of it that C libraries print.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        int i = 0;
        bool negative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
        {
            negative = text[0] == '-';
            i = 1;
        }

        ulong digits = 0;
        int count = 0, decimals = 0;
        for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++, count++) digits = 10 * digits + (uint)(text[i] - '0');
        if (i < text.Length && text[i] == '.')
            for (i++; i < text.Length && (uint)(text[i] - '0') <= 9; i++, count++, decimals++) digits = 10 * digits + (uint)(text[i] - '0');
        // Both numbers are exact, so their quotient is rounded once, to the nearest double.
        if (i == text.Length && count is > 0 and <= 19 && digits <= MaxExact && decimals < PowersOfTen.Length)
        {
            value = digits / PowersOfTen[decimals];
            if (negative) value = -value;
            return true;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) || TryParseSpecial(text, out value);
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
