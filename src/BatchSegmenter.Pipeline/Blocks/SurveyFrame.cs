using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// The local frame of one survey: metres, shifted to an origin near its points so that float32 holds them well. The origin is a
/// whole multiple of <see cref="OriginStep"/> metres on each axis, so that voxels and tiles of neighbouring files fall on one grid.
/// </summary>
/// <param name="OriginX">Metres subtracted from x.</param>
/// <param name="OriginY">Metres subtracted from y.</param>
/// <param name="HorizontalUnit">Metres per unit of the file's x and y.</param>
/// <param name="VerticalUnit">Metres per unit of the file's z. Heights are not shifted.</param>
public sealed record SurveyFrame(double OriginX, double OriginY, double HorizontalUnit, double VerticalUnit)
{
    /// <summary>The step of origins, metres: a multiple of every sensible voxel edge.</summary>
    public const double OriginStep = 1000;

    /// <summary>Points farther than this from the origin, in metres, are measuring errors and are hidden from the network.</summary>
    public const double Reach = 500_000;

    /// <summary>
    /// The frame of a cloud whose first finite point is (<paramref name="x"/>, <paramref name="y"/>), in the units of <paramref name="crs"/>.
    /// </summary>
    public static SurveyFrame At(double x, double y, CoordinateReferenceSystem crs) => new(
        Math.Floor(x * crs.HorizontalUnit / OriginStep) * OriginStep,
        Math.Floor(y * crs.HorizontalUnit / OriginStep) * OriginStep,
        crs.HorizontalUnit, crs.VerticalUnit);

    /// <summary>Converts points <paramref name="start"/> … from the file's coordinates to this frame, in place.</summary>
    public void ToLocal(PointColumns points, int start, int count)
    {
        foreach (ref double x in points.X.AsSpan(start, count)) x = x * HorizontalUnit - OriginX;
        foreach (ref double y in points.Y.AsSpan(start, count)) y = y * HorizontalUnit - OriginY;
        foreach (ref double z in points.Z.AsSpan(start, count)) z *= VerticalUnit;
    }
}
