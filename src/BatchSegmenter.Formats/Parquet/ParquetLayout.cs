using System.Buffers.Binary;
using Parquet;
using Parquet.Meta;
using Parquet.Schema;

namespace BatchSegmenter.Formats.Parquet;

/// <summary>
/// Which columns of a Parquet file are which of a point: <c>x y z</c>, and the LAS names in snake case, in any case of letters. Where there is no
/// <c>classification</c>, a <c>label</c> is the class. Others are ignored.
/// </summary>
internal sealed class ParquetLayout
{
    /// <summary>The columns that a LAS flag bit becomes each.</summary>
    public static readonly (string Name, ClassificationFlags Flag)[] Flags =
    [
        ("synthetic", ClassificationFlags.Synthetic), ("key_point", ClassificationFlags.KeyPoint),
        ("withheld", ClassificationFlags.Withheld), ("overlap", ClassificationFlags.Overlap),
    ];

    private static readonly (string Name, PointAttributes Attribute)[] Attributes =
    [
        ("intensity", PointAttributes.Intensity), ("return_number", PointAttributes.ReturnNumber), ("number_of_returns", PointAttributes.NumberOfReturns),
        ("classification", PointAttributes.Classification), ("scanner_channel", PointAttributes.ScannerChannel),
        ("scan_direction_flag", PointAttributes.ScanDirectionFlag), ("edge_of_flight_line", PointAttributes.EdgeOfFlightLine),
        ("scan_angle", PointAttributes.ScanAngle), ("user_data", PointAttributes.UserData), ("point_source_id", PointAttributes.PointSourceId),
        ("gps_time", PointAttributes.GpsTime), ("red", PointAttributes.Color), ("green", PointAttributes.Color), ("blue", PointAttributes.Color),
        ("nir", PointAttributes.Nir), ("row", PointAttributes.RowColumn), ("column", PointAttributes.RowColumn),
    ];

    private readonly Dictionary<string, DataField> _fields = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _remarks = [];
    private readonly double _intensityScale = 1;
    private readonly double _colorScale = 1;

    /// <exception cref="UnsupportedPointCloudException">There are no x, y and z.</exception>
    public ParquetLayout(ParquetReader file, string path)
    {
        foreach (DataField field in file.Schema.Fields.OfType<DataField>())
            if (ParquetFields.IsReadable(field) && !IsEmpty(file, field)) _fields.TryAdd(field.Name, field);
        if (!(Has("x") && Has("y") && Has("z")))
            throw new UnsupportedPointCloudException(
                path, null, $"a Parquet file without the columns x, y and z of numbers; it has {string.Join(", ", file.Schema.Fields.Take(20).Select(field => field.Name))}.");
        if (!Has("classification") && _fields.TryGetValue("label", out DataField? label)) _fields["classification"] = label;

        // Three bands or none, as of row and column both.
        foreach ((string name, PointAttributes attribute) in Attributes)
            if (Has(name)) Found |= attribute;
        if (Flags.Any(flag => Has(flag.Name)) || Has("classification_flags")) Found |= PointAttributes.ClassificationFlags;
        if (!(Has("red") && Has("green") && Has("blue"))) Found &= ~PointAttributes.Color;
        if (!(Has("row") && Has("column"))) Found &= ~PointAttributes.RowColumn;
        if ((Found & PointAttributes.Intensity) != 0 && IsFraction(file, "intensity"))
        {
            _intensityScale = ushort.MaxValue;
            _remarks.Add("intensity is within 0 and 1; it is scaled to 0–65535.");
        }

        if ((Found & PointAttributes.Color) == 0) return;
        string[] bands = ["red", "green", "blue"];
        if (bands.All(band => IsFraction(file, band))) _colorScale = ushort.MaxValue;
        else if (bands.All(band => _fields[band].ClrType == typeof(byte))) _colorScale = 256;
        if (_colorScale > 1) _remarks.Add($"colours are taken as {(_colorScale == 256 ? "bytes" : "fractions of 1")}.");
    }

    /// <summary>What a user should know of how values were understood.</summary>
    public IReadOnlyList<string> Remarks => _remarks;

    /// <summary>The attributes that the file has.</summary>
    public PointAttributes Found { get; }

    /// <summary>Least and greatest value of a column by the file's statistics; NaN where they do not say.</summary>
    public (double Min, double Max) Range(ParquetReader file, string name)
    {
        double min = double.PositiveInfinity, max = double.NegativeInfinity;
        foreach (ParquetRowGroupReader group in file.RowGroups.Where(group => group.RowCount > 0))
        {
            Statistics? statistics = group.GetMetadata(_fields[name])?.MetaData?.Statistics;
            min = Math.Min(min, Bound(_fields[name], statistics?.MinValue));
            max = Math.Max(max, Bound(_fields[name], statistics?.MaxValue));
        }

        return min <= max ? (min, max) : (double.NaN, double.NaN);
    }

    /// <summary>Decodes a row group: what <paramref name="columns"/> asks for and the file has.</summary>
    /// <param name="group">The row group.</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="firstRow">Position of its first row in the file.</param>
    /// <param name="columns">Empty; holds the points afterwards.</param>
    public void Read(ParquetRowGroupReader group, string path, long firstRow, PointColumns columns)
    {
        int rows = (int)group.RowCount;
        columns.EnsureCapacity(rows);
        ParquetFields fields = new(group, path, firstRow);
        fields.Read(_fields["x"], columns.X, nullable: false);
        fields.Read(_fields["y"], columns.Y, nullable: false);
        fields.Read(_fields["z"], columns.Z, nullable: false);
        if (columns.Intensity is { } intensity && Find("intensity") is { } f1) fields.Read(f1, intensity, scale: _intensityScale);
        if (columns.ReturnNumber is { } returnNumber && Find("return_number") is { } f2) fields.Read(f2, returnNumber);
        if (columns.NumberOfReturns is { } returns && Find("number_of_returns") is { } f3) fields.Read(f3, returns);
        if (columns.Classification is { } classes && Find("classification") is { } f4) fields.Read(f4, classes);
        if (columns.ScannerChannel is { } channel && Find("scanner_channel") is { } f5) fields.Read(f5, channel);
        if (columns.ScanDirectionFlag is { } direction && Find("scan_direction_flag") is { } f6) fields.Read(f6, direction);
        if (columns.EdgeOfFlightLine is { } edge && Find("edge_of_flight_line") is { } f7) fields.Read(f7, edge);
        if (columns.ScanAngle is { } angle && Find("scan_angle") is { } f8) fields.Read(f8, angle);
        if (columns.UserData is { } userData && Find("user_data") is { } f9) fields.Read(f9, userData);
        if (columns.PointSourceId is { } source && Find("point_source_id") is { } f10) fields.Read(f10, source);
        if (columns.GpsTime is { } time && Find("gps_time") is { } f11) fields.Read(f11, time);
        if (columns.Nir is { } nir && Find("nir") is { } f12) fields.Read(f12, nir);
        if (columns.Red is not null && (Found & PointAttributes.Color) != 0)
        {
            fields.Read(_fields["red"], columns.Red, scale: _colorScale);
            fields.Read(_fields["green"], columns.Green!, scale: _colorScale);
            fields.Read(_fields["blue"], columns.Blue!, scale: _colorScale);
        }

        if (columns.Row is not null && (Found & PointAttributes.RowColumn) != 0)
        {
            fields.Read(_fields["row"], columns.Row);
            fields.Read(_fields["column"], columns.Column!);
        }

        if (columns.ClassificationFlags is { } flags) ReadFlags(fields, flags, rows);
        columns.Count = rows;
    }

    private void ReadFlags(ParquetFields fields, ClassificationFlags[] flags, int rows)
    {
        flags.AsSpan(0, rows).Clear();
        foreach ((string name, ClassificationFlags flag) in Flags)
            if (Find(name) is { } field) fields.ReadFlag(field, flag, flags);
        if (Find("classification_flags") is not { } all) return;
        byte[] bits = new byte[rows];
        fields.Read(all, bits);
        for (int i = 0; i < rows; i++) flags[i] |= (ClassificationFlags)(bits[i] & 15);
    }

    /// <summary>Whether floating point lies within 0 and 1 by the statistics; where there are none it is taken as it is.</summary>
    private bool IsFraction(ParquetReader file, string name) =>
        (_fields[name].ClrType == typeof(float) || _fields[name].ClrType == typeof(double)) && Range(file, name) is { Min: >= 0, Max: <= 1 };

    /// <summary>A value of the statistics; NaN where it is none of floating point.</summary>
    private static double Bound(DataField field, byte[]? value) =>
        field.ClrType == typeof(double) && value is { Length: 8 } ? BinaryPrimitives.ReadDoubleLittleEndian(value)
        : field.ClrType == typeof(float) && value is { Length: 4 } ? BinaryPrimitives.ReadSingleLittleEndian(value)
        : double.NaN;

    private bool Has(string name) => _fields.ContainsKey(name);

    private DataField? Find(string name) => _fields.GetValueOrDefault(name);

    /// <summary>Whether the statistics say that every value is null, as of attributes that our own datasets have for the schema's sake.</summary>
    private static bool IsEmpty(ParquetReader file, DataField field) => field.IsNullable && file.RowGroups.Any(group => group.RowCount > 0)
        && file.RowGroups.All(group => group.RowCount == 0 || group.GetMetadata(field)?.MetaData?.Statistics?.NullCount == group.RowCount);
}
