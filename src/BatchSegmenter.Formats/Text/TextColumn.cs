using System.Text;
using System.Text.RegularExpressions;

namespace BatchSegmenter.Formats.Text;

/// <summary>What a column of a text means, and the numbers that may stand in it.</summary>
/// <param name="Name">The coordinate's or attribute's name (<see cref="AttributeColumns"/>), or "-" for a column that is passed over.</param>
/// <param name="Attribute">The attribute; none for coordinates.</param>
/// <param name="Min">Least number.</param>
/// <param name="Max">Greatest number.</param>
internal sealed partial record TextColumn(string Name, PointAttributes Attribute, double Min, double Max)
{
    /// <summary>A column that is passed over, whatever it holds.</summary>
    public static TextColumn Ignored { get; } = new("-", PointAttributes.None, double.NegativeInfinity, double.PositiveInfinity);

    private static readonly Dictionary<string, TextColumn> ByName = new(
        from name in AttributeColumns.Names(PointAttributes.All)
        select KeyValuePair.Create(name, Make(name)));

    /// <summary>Usual names, without their underscores, beside those of <see cref="AttributeColumns"/>.</summary>
    private static readonly Dictionary<string, string> Synonyms = new()
    {
        ["easting"] = "x", ["east"] = "x", ["e"] = "x", ["xcoord"] = "x", ["coordx"] = "x", ["xcoordinate"] = "x",
        ["northing"] = "y", ["north"] = "y", ["n"] = "y", ["ycoord"] = "y", ["coordy"] = "y", ["ycoordinate"] = "y",
        ["height"] = "z", ["elevation"] = "z", ["elev"] = "z", ["h"] = "z", ["altitude"] = "z", ["alt"] = "z",
        ["zcoord"] = "z", ["coordz"] = "z", ["zcoordinate"] = "z",
        ["i"] = "intensity", ["int"] = "intensity", ["r"] = "red", ["g"] = "green", ["b"] = "blue",
        ["class"] = "classification", ["label"] = "classification", ["labels"] = "classification", ["cls"] = "classification",
        ["classid"] = "classification", ["return"] = "return_number", ["returnnum"] = "return_number", ["rn"] = "return_number",
        ["numreturns"] = "number_of_returns", ["returns"] = "number_of_returns", ["returncount"] = "number_of_returns", ["nr"] = "number_of_returns",
        ["time"] = "gps_time", ["timestamp"] = "gps_time", ["t"] = "gps_time", ["scananglerank"] = "scan_angle", ["angle"] = "scan_angle",
        ["pointsource"] = "point_source_id", ["sourceid"] = "point_source_id", ["flightline"] = "point_source_id",
        ["infrared"] = "nir", ["nearinfrared"] = "nir", ["col"] = "column",
    };

    private static readonly Dictionary<string, string> Plain = ByName.Keys.ToDictionary(name => name.Replace("_", ""));

    /// <summary>Whether points need this column.</summary>
    public bool IsCoordinate => Name is "x" or "y" or "z";

    /// <summary>Whether this is red, green or blue.</summary>
    public bool IsColor => Attribute == PointAttributes.Color;

    /// <summary>The column of a name of <see cref="AttributeColumns"/> or "-", or null.</summary>
    public static TextColumn? Named(string name) => name == "-" ? Ignored : ByName.GetValueOrDefault(name);

    /// <summary>The column of a name in a header line: usual names, quoted or with units in parentheses; others are passed over.</summary>
    public static TextColumn FromHeader(string name)
    {
        name = Separators().Replace(Units().Replace(name, ""), "").ToLowerInvariant();
        if (name.StartsWith("scalar", StringComparison.Ordinal)) name = name["scalar".Length..];
        string? meaning = Plain.GetValueOrDefault(name) ?? Synonyms.GetValueOrDefault(name);
        return meaning is null ? Ignored : ByName[meaning];
    }

    /// <summary>The columns that a header line names, each meaning once; null unless x, y and z are among them.</summary>
    public static TextColumn[]? FromHeader(ReadOnlySpan<byte> line, TextDialect dialect)
    {
        string text = Encoding.UTF8.GetString(line).TrimStart(' ', '#', '/');
        byte[] names = Encoding.UTF8.GetBytes(Units().Replace(text, ""));
        List<Range> fields = [];
        dialect.Split(names, fields);
        HashSet<string> taken = [];
        TextColumn[] columns = [.. fields.Select(field => FromHeader(Encoding.UTF8.GetString(TextDialect.Unquoted(names.AsSpan(field)))))];
        for (int i = 0; i < columns.Length; i++)
            if (columns[i] != Ignored && !taken.Add(columns[i].Name)) columns[i] = Ignored;
        return taken.IsSupersetOf(["x", "y", "z"]) ? columns : null;
    }

    private static TextColumn Make(string name)
    {
        PointAttributes attribute = Enumerable.Range(0, 15).Select(bit => (PointAttributes)(1 << bit))
            .FirstOrDefault(attribute => AttributeColumns.Names(attribute).Skip(3).Contains(name));
        (double min, double max) = attribute switch
        {
            PointAttributes.None => (double.MinValue, double.MaxValue),
            PointAttributes.Intensity or PointAttributes.GpsTime or PointAttributes.ScanAngle => (double.NegativeInfinity, double.PositiveInfinity),
            PointAttributes.Color or PointAttributes.Nir or PointAttributes.PointSourceId => (0, ushort.MaxValue),
            PointAttributes.RowColumn => (0, int.MaxValue),
            _ => (0, byte.MaxValue),
        };
        return new TextColumn(name, attribute, min, max);
    }

    [GeneratedRegex(@"\s*(\([^)]*\)|\[[^\]]*\])")]
    private static partial Regex Units();

    [GeneratedRegex(@"[\s_.\-]+")]
    private static partial Regex Separators();
}
