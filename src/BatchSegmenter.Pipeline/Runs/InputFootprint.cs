using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>Where an input's points are, as its header tells.</summary>
/// <param name="Input">The input.</param>
/// <param name="Box">The header's box in plan, metres from the origin of the reference system.</param>
/// <param name="Crs">The reference system.</param>
/// <param name="Points">Points of the input, at least one.</param>
internal sealed record InputFootprint(SegmentationInput Input, PlanBox Box, CoordinateReferenceSystem Crs, long Points)
{
    /// <summary>
    /// The footprint that a header gives; null where it has no box, no points, or coordinates that are angles, which are labelled by nobody.
    /// </summary>
    public static InputFootprint? Of(SegmentationInput input, PointCloudHeader header)
    {
        double unit = header.Crs.HorizontalUnit;
        PlanBox box = new(header.Min.X * unit, header.Min.Y * unit, header.Max.X * unit, header.Max.Y * unit);
        return header.PointCount > 0 && box.IsFinite && header.Crs.Kind is not CrsKind.Geographic ? new(input, box, header.Crs, header.PointCount) : null;
    }

    /// <summary>Point spacing if the points were spread evenly over the box, metres: seldom less than what measuring gives.</summary>
    public double Spacing => Math.Sqrt(Box.Width * Box.Depth / Points);

    /// <summary>
    /// Whether coordinates mean the same place in both: the same system, or none told by either, and the same units. Systems without a code
    /// are the same where their texts are.
    /// </summary>
    public bool SharesSystemWith(InputFootprint other) =>
        Crs.HorizontalUnit == other.Crs.HorizontalUnit && Crs.VerticalUnit == other.Crs.VerticalUnit && Crs.Epsg == other.Crs.Epsg
        && (Crs.Epsg is not null || (Crs.Kind == other.Crs.Kind && Crs.Wkt == other.Crs.Wkt));

    /// <summary>The reference system in a word or two.</summary>
    public string SystemName
    {
        get
        {
            string name = Crs.Epsg is { } epsg ? $"EPSG {epsg}" : Crs.Wkt is null ? "no system told" : "a system without an EPSG code";
            return FormattableString.Invariant($"{name}, {Crs.HorizontalUnit:0.######} m per unit, {Crs.VerticalUnit:0.######} m in height");
        }
    }
}
