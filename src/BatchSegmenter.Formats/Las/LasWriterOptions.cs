namespace BatchSegmenter.Formats.Las;

/// <summary>What a new LAS file is like. Nothing is taken from the clock or the machine, so equal points give equal bytes.</summary>
public sealed record LasWriterOptions
{
    /// <summary>The minor version, 2–4, of LAS 1.x. Point formats 6–8 need 4.</summary>
    /// <value>Default: 4.</value>
    public int VersionMinor { get; init; } = 4;

    /// <summary>Point format: 0–3 or 6–8. Waveform formats (4, 5, 9, 10) can only be carried over from a source file.</summary>
    /// <value>Default: 6.</value>
    public int PointFormat { get; init; } = 6;

    /// <summary>Step of the stored coordinates per axis, in the file's units; positive.</summary>
    /// <value>Default: 0.001.</value>
    public (double X, double Y, double Z) Scale { get; init; } = (0.001, 0.001, 0.001);

    /// <summary>Coordinates are stored relative to this; within 2³¹ steps of every point.</summary>
    public (double X, double Y, double Z) Offset { get; init; }

    /// <summary>EPSG code of the projected system, written as GeoTIFF keys where there is no <see cref="Wkt"/>.</summary>
    public int? Epsg { get; init; }

    /// <summary>Well-known text of the reference system.</summary>
    public string? Wkt { get; init; }

    /// <summary>Records copied in front of the points as they are (those that a source file has, or <see cref="LasVlr.Create"/>).</summary>
    public IReadOnlyList<LasVlr> Vlrs { get; init; } = [];

    /// <summary>Extended records of a source file, copied behind the points; version 1.4 alone has them.</summary>
    public IReadOnlyList<LasVlr> Evlrs { get; init; } = [];

    /// <summary>Extra bytes behind each point's own fields. What they mean is told by an extra-bytes record in <see cref="Vlrs"/>.</summary>
    public int ExtraBytesLength { get; init; }

    /// <summary>Whether the points are compressed (LAZ), in chunks of 50,000 points.</summary>
    public bool Compressed { get; init; }

    /// <summary>Threads that compress, the caller's included; at least 1. The file does not depend on it.</summary>
    /// <value>Default: 1.</value>
    public int Cores { get; init; } = 1;

    /// <summary>File source id (flight line).</summary>
    public ushort FileSourceId { get; init; }

    /// <summary>Global encoding bits; the WKT bit (16) is set as needed.</summary>
    /// <value>Default: 1, GPS time is adjusted standard time.</value>
    public ushort GlobalEncoding { get; init; } = 1;

    /// <summary>Project id.</summary>
    public Guid ProjectId { get; init; }

    /// <summary>System identifier, at most 32 characters.</summary>
    public string SystemIdentifier { get; init; } = "";

    /// <summary>Generating software, at most 32 characters.</summary>
    public string GeneratingSoftware { get; init; } = "BatchSegmenter";

    /// <summary>Day of the year of creation, 1–366; 0 for none.</summary>
    public ushort CreationDayOfYear { get; init; }

    /// <summary>Year of creation; 0 for none.</summary>
    public ushort CreationYear { get; init; }

    /// <summary>
    /// What suits a cloud that is not LAS: version 1.4, point format 6, 7 where it has colours or 8 where it has near infrared, steps of a
    /// millimetre around its own position.
    /// </summary>
    /// <param name="header">The cloud.</param>
    /// <param name="first">Its first points; where there are none the offset is 0.</param>
    public static LasWriterOptions For(PointCloudHeader header, PointColumns first)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(first);
        return new()
        {
            PointFormat = (header.Attributes & PointAttributes.Nir) != 0 ? 8 : (header.Attributes & PointAttributes.Color) != 0 ? 7 : 6,
            Offset = (Near(first.X), Near(first.Y), Near(first.Z)),
            Epsg = header.Crs.Wkt is null ? header.Crs.Epsg : null,
            Wkt = header.Crs.Wkt,
            GlobalEncoding = 0,
        };

        // Whole thousands are exact in any double and leave 2,147 km to every side.
        double Near(double[] values) => first.Count > 0 && double.IsFinite(values[0]) ? Math.Floor(values[0] / 1000) * 1000 : 0;
    }
}
