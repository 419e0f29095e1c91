using System.Globalization;
using System.Numerics;
using System.Text;

namespace BatchSegmenter.Onnx.Checkpoints.Pickles;

/// <summary>A value that protocol 0 writes as a line of text.</summary>
/// <param name="Line">The line, a character per byte.</param>
/// <param name="Source">The pickle, for errors.</param>
/// <param name="Offset">Where the opcode stands.</param>
internal readonly record struct PickleText(string Line, PickleBytes Source, int Offset)
{
    private const int LongestInteger = 1000;

    public ulong Index() => ulong.TryParse(Line, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : throw Source.Invalid(Offset, "an index that is no number");

    /// <summary>An integer of any length, or a truth value, which is written as 00 or 01.</summary>
    public object Integer()
    {
        string digits = Line.TrimEnd('L');
        if (Line is "00" or "01") return Line == "01";
        if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)) return value;
        return digits.Length <= LongestInteger && BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger big) ? big : throw Source.Invalid(Offset, "an integer that is none");
    }

    public double Float() => Line switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        "nan" => double.NaN,
        _ => double.TryParse(Line, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : throw Source.Invalid(Offset, "a float that is none"),
    };

    public PickleText Unquoted() => Line.Length >= 2 && Line[0] == Line[^1] && Line[0] is '\'' or '"' ? this with { Line = Line[1..^1] } : throw Source.Invalid(Offset, "a string without quotes");

    /// <summary>The string whose escapes are those that Python writes.</summary>
    public string Unescaped()
    {
        if (!Line.Contains('\\')) return Line;
        StringBuilder plain = new(Line.Length);
        for (int i = 0; i < Line.Length; i++)
        {
            if (Line[i] != '\\' || i + 1 == Line.Length)
            {
                plain.Append(Line[i]);
                continue;
            }
            i++;
            int digits = Line[i] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits == 0) plain.Append(Line[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', char other => other });
            else if (i + digits < Line.Length && int.TryParse(Line.AsSpan(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code) && (digits < 8 || Rune.IsValid(code)))
            {
                plain.Append(digits < 8 ? ((char)code).ToString() : new Rune(code).ToString());
                i += digits;
            }
            else throw Source.Invalid(Offset, "an escape in a string that is none");
        }
        return plain.ToString();
    }
}
