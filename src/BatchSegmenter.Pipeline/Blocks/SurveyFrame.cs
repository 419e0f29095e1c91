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

    /// <summary>Points farther than this from the middle, in metres, are measuring errors and are hidden from the network.</summary>
    public const double Reach = 500_000;

    private const int SampledPoints = 1000;

    /// <summary>Where the survey's points are, in this frame, to within a kilometre: what <see cref="Reach"/> is measured from.</summary>
    public (double X, double Y) Middle { get; init; }

    /// <summary>
    /// The frame of a cloud: its origin lies below the median of up to a thousand of its finite points, so that a stray first point does not
    /// carry the frame away from all others. Without a finite point the origin is 0.
    /// </summary>
    /// <param name="points">In the units of <paramref name="crs"/>.</param>
    /// <param name="crs">Tells the units.</param>
    public static SurveyFrame Around(PointColumns points, CoordinateReferenceSystem crs) => Around(points.Count, i => (points.X[i], points.Y[i]), crs);

    /// <summary>The frame of a cloud whose points are looked up one by one; see <see cref="Around(PointColumns, CoordinateReferenceSystem)"/>.</summary>
    /// <param name="count">Points of the cloud.</param>
    /// <param name="planAt">Where a point stands in plan, in the units of <paramref name="crs"/>.</param>
    /// <param name="crs">Tells the units.</param>
    internal static SurveyFrame Around(long count, Func<long, (double X, double Y)> planAt, CoordinateReferenceSystem crs)
    {
        List<double> x = [], y = [];
        for (long i = 0, step = Math.Max(1, count / SampledPoints); i < count; i += step)
        {
            (double east, double north) = planAt(i);
            if (double.IsFinite(east)) x.Add(east);
            if (double.IsFinite(north)) y.Add(north);
        }

        return new SurveyFrame(Origin(x, crs.HorizontalUnit), Origin(y, crs.HorizontalUnit), crs.HorizontalUnit, crs.VerticalUnit);
    }

    /// <summary>
    /// The frame that all files of one reference system have in common: metres from the system's own origin, so that tiles, voxels and grids of
    /// any size fall on one grid. Doubles hold them well; what needs float32 is shifted tile by tile.
    /// </summary>
    public SurveyFrame InCommon() => this with { OriginX = 0, OriginY = 0, Middle = (Middle.X + OriginX, Middle.Y + OriginY) };

    /// <summary>Converts points <paramref name="start"/> … from the file's coordinates to this frame, in place.</summary>
    public void ToLocal(PointColumns points, int start, int count)
    {
        foreach (ref double x in points.X.AsSpan(start, count)) x = x * HorizontalUnit - OriginX;
        foreach (ref double y in points.Y.AsSpan(start, count)) y = y * HorizontalUnit - OriginY;
        foreach (ref double z in points.Z.AsSpan(start, count)) z *= VerticalUnit;
    }

    private static double Origin(List<double> sample, double unit)
    {
        if (sample.Count == 0) return 0;
        sample.Sort();
        return Math.Floor(sample[sample.Count / 2] * unit / OriginStep) * OriginStep;
    }
}
