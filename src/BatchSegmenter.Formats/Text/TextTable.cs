namespace BatchSegmenter.Formats.Text;

/// <summary>How a text is understood.</summary>
/// <param name="Kind">What groups its lines.</param>
/// <param name="Dialect">How fields are told apart.</param>
/// <param name="Columns">The fields' meaning; for PTX that of the first scan.</param>
/// <param name="HeaderLines">Lines before the first record, without those of its block or scan.</param>
internal sealed record TextTable(TextKind Kind, TextDialect Dialect, TextColumn[] Columns, long HeaderLines)
{
    /// <summary>The number of a line among the first that has more fields than are named, as others may then; null where they must not.</summary>
    public long? LongLine { get; init; }

    /// <summary>How intensities become 16 bits.</summary>
    public TextScaling Intensity { get; init; } = TextScaling.None;

    /// <summary>How colours become 16 bits.</summary>
    public TextScaling Color { get; init; } = TextScaling.None;

    /// <summary>The meaning of the fields of a PTX shot, or null where there are none of so many fields.</summary>
    public static TextColumn[]? PtxColumns(int fields) => fields switch
    {
        3 => Named("x y z"),
        4 => Named("x y z intensity"),
        6 => Bytes(Named("x y z red green blue")),
        7 => Bytes(Named("x y z intensity red green blue")),
        _ => null,
    };

    /// <summary>Columns by their names, separated by spaces.</summary>
    public static TextColumn[] Named(string names) => [.. names.Split(' ').Select(name => TextColumn.Named(name)!)];

    /// <summary>What a user should know of how the file was understood.</summary>
    public IReadOnlyList<string> Remarks()
    {
        List<string> remarks = [$"columns read as {string.Join(' ', Columns.Select(column => column.Name))}; separator {SeparatorName}"
            + (Dialect.Point == ',' ? "; decimal comma" : "")
            + $"; {HeaderLines} header line{(HeaderLines == 1 ? "" : "s")}"
            + (Kind == TextKind.Pts ? "; PTS, a line with the number of points first" : Kind == TextKind.Ptx ? "; PTX, scans with a raster and a matrix each" : "")];
        if (Columns.Any(column => column.Name == "intensity") && Intensity.Meaning is { } intensity) remarks.Add($"intensity is taken as {intensity} and scaled to 16 bits");
        if (Columns.Any(column => column.IsColor) && Color.Meaning is { } color) remarks.Add($"colours are taken as {color} and scaled to 16 bits");
        if (LongLine is { } line) remarks.Add($"line {line} has more than the {Columns.Length} fields that are named; what stands behind these is passed over in every line");
        return remarks;
    }

    private string SeparatorName => Dialect.Separator switch
    {
        (byte)' ' => "space",
        (byte)'\t' => "tab",
        (byte)',' => "comma",
        (byte)';' => "semicolon",
        (byte)':' => "colon",
        _ => "bar",
    };

    private static TextColumn[] Bytes(TextColumn[] columns) =>
        [.. columns.Select(column => column.IsColor ? column with { Max = byte.MaxValue } : column)];
}

/// <summary>How a number becomes one of 16 bits: (number + <paramref name="Offset"/>) · <paramref name="Factor"/>, rounded, kept within 0–65535.</summary>
/// <param name="Offset">Added first.</param>
/// <param name="Factor">Multiplied by then.</param>
/// <param name="Meaning">What the numbers are taken for; null where they stay as they are.</param>
internal sealed record TextScaling(double Offset, double Factor, string? Meaning)
{
    /// <summary>Numbers stay as they are.</summary>
    public static TextScaling None { get; } = new(0, 1, null);

    /// <summary>A share of the greatest value.</summary>
    public static TextScaling Unit { get; } = new(0, ushort.MaxValue, "0 to 1");

    /// <summary>The intensity of Cyclone and of PTS files.</summary>
    public static TextScaling Cyclone { get; } = new(2048, 65535.0 / 4095, "-2048 to 2047");

    /// <summary>Colours of 8 bits, shifted as LAS files shift them.</summary>
    public static TextScaling Byte { get; } = new(0, 256, "8 bits");
}
