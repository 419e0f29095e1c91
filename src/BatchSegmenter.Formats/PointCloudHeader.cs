namespace BatchSegmenter.Formats;

/// <summary>What a file says of its points before any is decoded.</summary>
/// <param name="Format">The format's short name: <c>las</c>, <c>laz</c>.</param>
/// <param name="PointCount">Points in the file.</param>
/// <param name="Attributes">The attributes that the file has.</param>
/// <param name="Min">Lower corner of the header's bounding box, in the file's CRS and units; NaN where unknown.</param>
/// <param name="Max">Upper corner of the header's bounding box, in the file's CRS and units; NaN where unknown.</param>
/// <param name="Crs">The coordinate reference system, or <see cref="CoordinateReferenceSystem.Unknown"/>.</param>
public sealed record PointCloudHeader(
    string Format, long PointCount, PointAttributes Attributes, (double X, double Y, double Z) Min, (double X, double Y, double Z) Max,
    CoordinateReferenceSystem Crs);
