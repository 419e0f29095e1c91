namespace BatchSegmenter.Formats;

/// <summary>What a file says of its points before any is decoded.</summary>
/// <param name="Format">The format's short name, as <see cref="PointFormatDetector"/> gives it.</param>
/// <param name="PointCount">
/// Points that will be read: exact, unless the file lies and its losses are skipped. Records without a position (shots without a return)
/// are no points.
/// </param>
/// <param name="Attributes">The attributes that the file has.</param>
/// <param name="Min">Lower corner of the header's bounding box, in the file's CRS and units; NaN where unknown.</param>
/// <param name="Max">Upper corner of the header's bounding box, in the file's CRS and units; NaN where unknown.</param>
/// <param name="Crs">The coordinate reference system, or <see cref="CoordinateReferenceSystem.Unknown"/>.</param>
public sealed record PointCloudHeader(
    string Format, long PointCount, PointAttributes Attributes, (double X, double Y, double Z) Min, (double X, double Y, double Z) Max,
    CoordinateReferenceSystem Crs)
{
    /// <summary>What a user should know of how the file was understood, a line each: detected columns, a misleading name. Mostly empty.</summary>
    public IReadOnlyList<string> Remarks { get; internal set; } = [];
}
