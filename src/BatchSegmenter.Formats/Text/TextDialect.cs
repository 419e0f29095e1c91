namespace BatchSegmenter.Formats.Text;

/// <summary>How the fields of a line are told apart.</summary>
/// <param name="Separator">The byte between fields; a space stands for any run of spaces and tabs.</param>
/// <param name="Point">The decimal separator.</param>
internal readonly record struct TextDialect(byte Separator, byte Point)
{
    /// <summary>Runs of spaces and tabs, decimal point.</summary>
    public static TextDialect Spaces { get; } = new((byte)' ', (byte)'.');

    /// <summary>Every usual one, the narrower first.</summary>
    public static TextDialect[] Usual { get; } =
    [
        new((byte)';', (byte)'.'), new((byte)';', (byte)','), new((byte)'\t', (byte)'.'), new((byte)'\t', (byte)','),
        new((byte)',', (byte)'.'), Spaces, new((byte)' ', (byte)','),
    ];

    /// <summary>Whether fields are parted by runs of spaces and tabs, so that none can be empty.</summary>
    public bool IsSpaces => Separator == ' ';

    /// <summary>Whether a byte is space around a field.</summary>
    public bool IsBlank(byte value) => value == ' ' || (value == '\t' && Separator != '\t');

    /// <summary>A field without the quotes around it.</summary>
    public static ReadOnlySpan<byte> Unquoted(ReadOnlySpan<byte> field) =>
        field.Length >= 2 && field[0] == '"' && field[^1] == '"' ? field[1..^1].Trim((byte)' ') : field;

    /// <summary>The fields of a line without the space around them; an empty one behind a last separator is none.</summary>
    public void Split(ReadOnlySpan<byte> line, List<Range> fields)
    {
        fields.Clear();
        int at = SkipBlanks(line, 0);
        while (at < line.Length)
        {
            int start = at;
            at = SkipField(line, at);
            int end = at;
            while (end > start && IsBlank(line[end - 1])) end--;
            fields.Add(start..end);
            if (!IsSpaces && at < line.Length) at++;
            at = SkipBlanks(line, at);
        }
    }

    /// <summary>Fields of <paramref name="line"/> that are finite numbers.</summary>
    public int CountNumbers(ReadOnlySpan<byte> line, List<Range> fields)
    {
        Split(line, fields);
        int numbers = 0;
        foreach (Range field in fields)
        {
            ReadOnlySpan<byte> text = Unquoted(line[field]);
            int at = 0;
            if (DecimalNumber.TryRead(text, ref at, Point, out double value) && at == text.Length && double.IsFinite(value)) numbers++;
        }

        return numbers;
    }

    /// <summary>The first position from <paramref name="at"/> on that is not space around a field.</summary>
    public int SkipBlanks(ReadOnlySpan<byte> line, int at)
    {
        while ((uint)at < (uint)line.Length && IsBlank(line[at])) at++;
        return at;
    }

    /// <summary>The position of the separator that ends the field at <paramref name="at"/>, or the line's end. Quotes keep separators in a field.</summary>
    public int SkipField(ReadOnlySpan<byte> line, int at)
    {
        if ((uint)at < (uint)line.Length && line[at] == '"')
        {
            int close = line[(at + 1)..].IndexOf((byte)'"');
            if (close >= 0) at += close + 2;
        }

        int length = IsSpaces ? line[at..].IndexOfAny((byte)' ', (byte)'\t') : line[at..].IndexOf(Separator);
        return length < 0 ? line.Length : at + length;
    }
}
