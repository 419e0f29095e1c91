namespace BatchSegmenter.Formats;

/// <summary>The coordinate reference system of a file, as far as labelling needs it: its name and its units.</summary>
/// <param name="Epsg">The EPSG code of the horizontal (or compound) system, or null where none is given.</param>
/// <param name="Wkt">The well-known text, or null.</param>
/// <param name="Kind">Whether coordinates are projected lengths or angles.</param>
/// <param name="HorizontalUnit">Metres per unit of x and y; 1 where unknown.</param>
/// <param name="VerticalUnit">Metres per unit of z; the horizontal unit where the file gives none.</param>
public sealed record CoordinateReferenceSystem(int? Epsg, string? Wkt, CrsKind Kind, double HorizontalUnit, double VerticalUnit)
{
    /// <summary>No reference system: metres are presumed.</summary>
    public static CoordinateReferenceSystem Unknown { get; } = new(null, null, CrsKind.Unknown, 1, 1);
}

/// <summary>What kind of coordinates a reference system has.</summary>
public enum CrsKind
{
    /// <summary>The file does not say.</summary>
    Unknown,

    /// <summary>Projected: x and y are lengths.</summary>
    Projected,

    /// <summary>Geographic: x and y are angles.</summary>
    Geographic,

    /// <summary>Geocentric: x, y and z are lengths from the Earth's centre.</summary>
    Geocentric,

    /// <summary>Local or engineering coordinates: lengths.</summary>
    Local,
}
