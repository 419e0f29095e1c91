using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Formats;

/// <summary>What one file holds: the object that <c>inspect --json</c> prints. What was not looked at is null.</summary>
public sealed record PointCloudInspection
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The file, as it was named.</summary>
    public required string Path { get; init; }

    /// <summary>The format's short name: as <see cref="PointFormatDetector"/> gives it.</summary>
    public required string Format { get; init; }

    /// <summary>LAS version, such as <c>1.4</c>; null for other formats.</summary>
    public string? Version { get; init; }

    /// <summary>LAS point format, 0–10; null for other formats.</summary>
    public int? PointFormat { get; init; }

    /// <summary>Bytes of an uncompressed LAS point record; null for other formats.</summary>
    public int? RecordLength { get; init; }

    /// <summary>Whether the points are compressed.</summary>
    public required bool Compressed { get; init; }

    /// <summary>Points in the file.</summary>
    public required long PointCount { get; init; }

    /// <summary>Bounding box in the file's CRS and units: of the points where they were decoded, else as the header tells. Null where unknown.</summary>
    public Box? Bounds { get; init; }

    /// <summary>Step of the stored coordinates per axis; null for formats other than LAS.</summary>
    public double[]? Scale { get; init; }

    /// <summary>Offset of the stored coordinates per axis; null for formats other than LAS.</summary>
    public double[]? Offset { get; init; }

    /// <summary>The coordinate reference system; null where the file has none.</summary>
    public Reference? Crs { get; init; }

    /// <summary>The attributes of a point: LAS names in snake case, extra bytes under their own names.</summary>
    public required IReadOnlyList<string> Attributes { get; init; }

    /// <summary>The model that gave the points their classes, where a LAS file tells; else null.</summary>
    public LabellingModel? LabelledBy { get; init; }

    /// <summary>How the file was understood, a line each; null where there is nothing to say.</summary>
    public IReadOnlyList<string>? Remarks { get; init; }

    /// <summary>Points of each class code; null without a full pass.</summary>
    public SortedDictionary<int, long>? Classification { get; init; }

    /// <summary>SHA-256 of the uncompressed point records in file order, in hexadecimal; null unless asked for, and for formats other than LAS.</summary>
    public string? RecordsSha256 { get; init; }

    /// <summary>Range and mean of each attribute; null unless asked for.</summary>
    public Dictionary<string, Statistics>? Stats { get; init; }

    /// <summary>Reads a file's header and, if statistics or a checksum are asked for, all of its points.</summary>
    /// <param name="path">The file.</param>
    /// <param name="withStatistics">Whether to count classes and measure the range and mean of each attribute.</param>
    /// <param name="withChecksum">Whether to hash the point records (and count classes).</param>
    /// <param name="cancellation">Ends a full pass early.</param>
    /// <exception cref="PointCloudException">The content is of no known format, damaged, or not supported.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PointCloudInspection Of(string path, bool withStatistics, bool withChecksum, CancellationToken cancellation = default)
    {
        using PointCloudReader reader = PointCloudReader.Open(path);
        return Of(reader, path, withStatistics, withChecksum, cancellation);
    }

    /// <summary>Inspects what a reader gives, of which no point has been read; it stays open.</summary>
    /// <inheritdoc cref="Of(string, bool, bool, CancellationToken)"/>
    public static PointCloudInspection Of(PointCloudReader reader, string path, bool withStatistics, bool withChecksum, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        LasReader? las = reader as LasReader;
        PointCloudHeader header = reader.Header;
        PointCloudInspection inspection = new()
        {
            Path = path,
            Format = header.Format,
            Version = las?.Las.Version,
            PointFormat = las?.Las.PointFormat,
            RecordLength = las?.Las.RecordLength,
            Compressed = las?.Las.IsCompressed ?? false,
            PointCount = header.PointCount,
            Bounds = Box.Of(header.Min, header.Max),
            Scale = las is null ? null : Axes(las.Las.Scale),
            Offset = las is null ? null : Axes(las.Las.Offset),
            Crs = Reference.Of(header.Crs),
            Attributes = [.. AttributeColumns.Names(header.Attributes), .. las?.ExtraBytes.Select(extra => extra.Name) ?? []],
            LabelledBy = las is null ? null : LabellingModel.Find(las.Vlrs),
        };
        if (header.Remarks.Count > 0) inspection = inspection with { Remarks = header.Remarks };
        if (!withStatistics && !withChecksum) return inspection;

        InspectionPass pass = new(reader, withStatistics, withChecksum);
        pass.Run(cancellation);
        return inspection with
        {
            Bounds = pass.Bounds ?? inspection.Bounds,
            Classification = pass.Classification,
            RecordsSha256 = pass.RecordsSha256,
            Stats = pass.Stats,
        };
    }

    /// <summary>The object as indented JSON, keys in camel case.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    private static double[] Axes((double X, double Y, double Z) value) => [value.X, value.Y, value.Z];

    /// <summary>An axis-aligned box.</summary>
    /// <param name="Min">Lower corner: x, y, z.</param>
    /// <param name="Max">Upper corner: x, y, z.</param>
    public sealed record Box(double[] Min, double[] Max)
    {
        internal static Box? Of((double X, double Y, double Z) min, (double X, double Y, double Z) max) =>
            double.IsFinite(min.X + min.Y + min.Z + max.X + max.Y + max.Z) ? new Box(Axes(min), Axes(max)) : null;
    }

    /// <summary>A coordinate reference system.</summary>
    /// <param name="Epsg">EPSG code, or null.</param>
    /// <param name="Kind">Whether coordinates are lengths or angles.</param>
    /// <param name="HorizontalUnit">Metres per unit of x and y; 1 for angles.</param>
    /// <param name="VerticalUnit">Metres per unit of z.</param>
    /// <param name="Wkt">Well-known text, or null.</param>
    public sealed record Reference(int? Epsg, CrsKind Kind, double HorizontalUnit, double VerticalUnit, string? Wkt)
    {
        internal static Reference? Of(CoordinateReferenceSystem crs) =>
            crs == CoordinateReferenceSystem.Unknown ? null : new Reference(crs.Epsg, crs.Kind, crs.HorizontalUnit, crs.VerticalUnit, crs.Wkt);
    }

    /// <summary>Range and mean of an attribute over all points; NaN values are left out, and all three are NaN where nothing is left.</summary>
    /// <param name="Min">The least value.</param>
    /// <param name="Max">The greatest value.</param>
    /// <param name="Mean">The mean.</param>
    public sealed record Statistics(double Min, double Max, double Mean);
}
