using System.Globalization;

namespace BatchSegmenter.Formats.Text;

/// <summary>Reads decimal numbers from bytes: the nearest double, as the platform's own parser gives it, in a fraction of its time.</summary>
internal static class DecimalNumber
{
    /// <summary>Digits that fit a 64-bit mantissa whatever they are.</summary>
    private const int MostDigits = 19;

    /// <summary>Numbers written longer than this are none.</summary>
    private const int MostBytes = 512;

    private static ReadOnlySpan<double> PowersOfTen =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Reads the number that begins at <paramref name="position"/> and moves behind it; "nan" and "inf" are numbers too.</summary>
    /// <param name="text">The line.</param>
    /// <param name="position">Where the number begins; left alone where none does.</param>
    /// <param name="point">The decimal separator.</param>
    /// <param name="value">The number, infinite where it is beyond the range of doubles.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, ref int position, byte point, out double value)
    {
        int at = position;
        bool isNegative = false;
        if ((uint)at < (uint)text.Length && text[at] is (byte)'-' or (byte)'+') isNegative = text[at++] == '-';
        ulong mantissa = 0;
        int first = at;
        uint digit;
        while ((uint)at < (uint)text.Length && (digit = (uint)text[at] - '0') <= 9)
        {
            mantissa = mantissa * 10 + digit;
            at++;
        }

        int digits = at - first, exponent = 0;
        if ((uint)at < (uint)text.Length && text[at] == point)
        {
            first = ++at;
            while ((uint)at < (uint)text.Length && (digit = (uint)text[at] - '0') <= 9)
            {
                mantissa = mantissa * 10 + digit;
                at++;
            }

            exponent = first - at;
            digits -= exponent;
        }

        if (digits == 0) return TryReadWord(text, ref position, out value);
        if ((uint)at < (uint)text.Length && (text[at] | 0x20) == 'e') exponent += ReadExponent(text, ref at);
        // Both factors are exact in a double, so that the one rounding of their product is the correct one.
        if (digits <= MostDigits && mantissa <= 1UL << 53 && (uint)(exponent + 22) <= 44)
        {
            value = exponent < 0 ? mantissa / PowersOfTen[-exponent] : mantissa * PowersOfTen[exponent];
            if (isNegative) value = -value;
        }
        else if (!TryReadSlowly(text[position..at], point, out value))
        {
            return false;
        }

        position = at;
        return true;
    }

    /// <summary>Reads an exponent, limited to what any double can need; moves on only where there is one.</summary>
    private static int ReadExponent(ReadOnlySpan<byte> text, ref int position)
    {
        int at = position + 1;
        bool isNegative = false;
        if ((uint)at < (uint)text.Length && text[at] is (byte)'-' or (byte)'+') isNegative = text[at++] == '-';
        int first = at, exponent = 0;
        while ((uint)at < (uint)text.Length && (uint)(text[at] - '0') <= 9) exponent = Math.Min(99999, exponent * 10 + (text[at++] - '0'));
        if (at == first) return 0;
        position = at;
        return isNegative ? -exponent : exponent;
    }

    private static bool TryReadSlowly(ReadOnlySpan<byte> number, byte point, out double value)
    {
        value = 0;
        if (number.Length > MostBytes) return false;
        Span<byte> copy = stackalloc byte[MostBytes];
        number.CopyTo(copy);
        copy = copy[..number.Length];
        copy.Replace(point, (byte)'.');
        return double.TryParse(copy, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryReadWord(ReadOnlySpan<byte> text, ref int position, out double value)
    {
        int end = position;
        while (end < text.Length && (text[end] is (byte)'-' or (byte)'+' || (uint)((text[end] | 0x20) - 'a') <= 'z' - 'a')) end++;
        value = 0;
        if (end - position > 9) return false;
        Span<char> word = stackalloc char[9];
        for (int i = position; i < end; i++) word[i - position] = (char)(text[i] | (text[i] >= 'A' ? 0x20 : 0));
        switch (word[..(end - position)])
        {
            case "nan" or "-nan": value = double.NaN; break;
            case "inf" or "+inf" or "infinity" or "+infinity": value = double.PositiveInfinity; break;
            case "-inf" or "-infinity": value = double.NegativeInfinity; break;
            default: return false;
        }

        position = end;
        return true;
    }
}
