namespace BatchSegmenter.Formats;

/// <summary>The attributes' names in files and reports: those of LAS, in snake case.</summary>
internal static class AttributeColumns
{
    private static readonly (PointAttributes Attribute, string Name, Func<PointColumns, Array?> Column)[] All =
    [
        (PointAttributes.Intensity, "intensity", columns => columns.Intensity),
        (PointAttributes.ReturnNumber, "return_number", columns => columns.ReturnNumber),
        (PointAttributes.NumberOfReturns, "number_of_returns", columns => columns.NumberOfReturns),
        (PointAttributes.Classification, "classification", columns => columns.Classification),
        (PointAttributes.ClassificationFlags, "classification_flags", columns => columns.ClassificationFlags),
        (PointAttributes.ScannerChannel, "scanner_channel", columns => columns.ScannerChannel),
        (PointAttributes.ScanDirectionFlag, "scan_direction_flag", columns => columns.ScanDirectionFlag),
        (PointAttributes.EdgeOfFlightLine, "edge_of_flight_line", columns => columns.EdgeOfFlightLine),
        (PointAttributes.ScanAngle, "scan_angle", columns => columns.ScanAngle),
        (PointAttributes.UserData, "user_data", columns => columns.UserData),
        (PointAttributes.PointSourceId, "point_source_id", columns => columns.PointSourceId),
        (PointAttributes.GpsTime, "gps_time", columns => columns.GpsTime),
        (PointAttributes.Color, "red", columns => columns.Red),
        (PointAttributes.Color, "green", columns => columns.Green),
        (PointAttributes.Color, "blue", columns => columns.Blue),
        (PointAttributes.Nir, "nir", columns => columns.Nir),
        (PointAttributes.RowColumn, "row", columns => columns.Row),
        (PointAttributes.RowColumn, "column", columns => columns.Column),
    ];

    /// <summary>Names of the coordinates and of the given attributes, in the order of the LAS specification.</summary>
    public static IEnumerable<string> Names(PointAttributes attributes) =>
        ["x", "y", "z", .. All.Where(column => (attributes & column.Attribute) != 0).Select(column => column.Name)];

    /// <summary>Name and array of the coordinates and of each attribute that <paramref name="columns"/> holds.</summary>
    public static IEnumerable<(string Name, Array Column)> Of(PointColumns columns)
    {
        yield return ("x", columns.X);
        yield return ("y", columns.Y);
        yield return ("z", columns.Z);
        foreach ((_, string name, Func<PointColumns, Array?> column) in All)
            if (column(columns) is { } array) yield return (name, array);
    }
}
