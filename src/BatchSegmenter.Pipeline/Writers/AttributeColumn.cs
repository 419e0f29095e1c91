using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Parquet;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>
/// The source attributes that can be carried over into the dataset: their column names (the LAS names in snake case),
/// and how each is taken from decoded points.
/// </summary>
internal static class AttributeColumn
{
    private static readonly (string Name, PointAttributes Attribute, Func<string, DatasetColumn> Make)[] All =
    [
        ("intensity", PointAttributes.Intensity, name => Column(name, points => points.Intensity)),
        ("return_number", PointAttributes.ReturnNumber, name => Column(name, points => points.ReturnNumber)),
        ("number_of_returns", PointAttributes.NumberOfReturns, name => Column(name, points => points.NumberOfReturns)),
        ("classification", PointAttributes.Classification, name => Column(name, points => points.Classification)),
        ("synthetic", PointAttributes.ClassificationFlags, name => Flag(name, ClassificationFlags.Synthetic)),
        ("key_point", PointAttributes.ClassificationFlags, name => Flag(name, ClassificationFlags.KeyPoint)),
        ("withheld", PointAttributes.ClassificationFlags, name => Flag(name, ClassificationFlags.Withheld)),
        ("overlap", PointAttributes.ClassificationFlags, name => Flag(name, ClassificationFlags.Overlap)),
        ("scanner_channel", PointAttributes.ScannerChannel, name => Column(name, points => points.ScannerChannel)),
        ("scan_direction_flag", PointAttributes.ScanDirectionFlag, name => Column(name, points => points.ScanDirectionFlag)),
        ("edge_of_flight_line", PointAttributes.EdgeOfFlightLine, name => Column(name, points => points.EdgeOfFlightLine)),
        ("scan_angle", PointAttributes.ScanAngle, name => Column(name, points => points.ScanAngle)),
        ("user_data", PointAttributes.UserData, name => Column(name, points => points.UserData)),
        ("point_source_id", PointAttributes.PointSourceId, name => Column(name, points => points.PointSourceId)),
        ("gps_time", PointAttributes.GpsTime, name => Column(name, points => points.GpsTime)),
        ("red", PointAttributes.Color, name => Column(name, points => points.Red)),
        ("green", PointAttributes.Color, name => Column(name, points => points.Green)),
        ("blue", PointAttributes.Color, name => Column(name, points => points.Blue)),
        ("nir", PointAttributes.Nir, name => Column(name, points => points.Nir)),
    ];

    /// <summary>The names that a pipeline file may list.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(column => column.Name)];

    /// <summary>The attributes that a reader must decode for these columns.</summary>
    public static PointAttributes AttributesOf(IEnumerable<string> names) =>
        names.Aggregate(PointAttributes.None, (attributes, name) => attributes | Find(name).Attribute);

    /// <summary>The column of that name; null throughout where the source lacks the attribute.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="sourceAttributes">The attributes that the source has.</param>
    public static DatasetColumn Make(string name, PointAttributes sourceAttributes)
    {
        DatasetColumn column = Find(name).Make(name);
        column.Absent = (Find(name).Attribute & sourceAttributes) == 0;
        return column;
    }

    private static (string Name, PointAttributes Attribute, Func<string, DatasetColumn> Make) Find(string name) =>
        Array.Find(All, column => column.Name == name) is { Name: not null } found
            ? found
            : throw new ArgumentException($"'{name}' is no attribute column; expected {string.Join(", ", Names)}.", nameof(name));

    private static DatasetColumn<T> Column<T>(string name, Func<PointColumns, T[]?> array)
        where T : unmanaged =>
        new(new ParquetColumn(name, TypeOf<T>(), IsNullable: true), (points, offset, target) =>
            array(points.Columns).AsSpan(points.Offset + offset, target.Length).CopyTo(target));

    private static ParquetColumnType TypeOf<T>() =>
        typeof(T) == typeof(byte) ? ParquetColumnType.UInt8
        : typeof(T) == typeof(ushort) ? ParquetColumnType.UInt16
        : typeof(T) == typeof(float) ? ParquetColumnType.Float
        : ParquetColumnType.Double;

    private static DatasetColumn<bool> Flag(string name, ClassificationFlags flag) =>
        new(new ParquetColumn(name, ParquetColumnType.Boolean, IsNullable: true), (points, offset, target) =>
        {
            ReadOnlySpan<ClassificationFlags> flags = points.Columns.ClassificationFlags.AsSpan(points.Offset + offset, target.Length);
            for (int i = 0; i < target.Length; i++) target[i] = (flags[i] & flag) != 0;
        });
}
