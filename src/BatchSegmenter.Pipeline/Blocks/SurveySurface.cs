using BatchSegmenter.Formats;
using BatchSegmenter.Geometry;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// What is known of a survey as a whole before its tiles are cut: spacing, bare earth, intensity ranks. Made from all its visible
/// points, so that tiles agree along their seams.
/// </summary>
/// <param name="Spacing">Mean point spacing in plan, metres.</param>
/// <param name="NearGround">Bare earth by openings of up to 18 m: follows slopes, takes large roofs for ground.</param>
/// <param name="FarGround">Bare earth by openings of up to 50 m: sees through large roofs, cuts hilltops.</param>
/// <param name="Intensity">Intensity ranks, or null where the survey has no intensity.</param>
/// <param name="HasReturns">Whether some pulse has more than one return: else return numbers say nothing.</param>
public sealed record SurveySurface(double Spacing, GroundSurface NearGround, GroundSurface FarGround, IntensityRank? Intensity, bool HasReturns)
{
    /// <summary>Largest half-width of the openings of <see cref="NearGround"/>, metres.</summary>
    public const double NearHalfWidth = 18;

    /// <summary>Largest half-width of the openings of <see cref="FarGround"/>, metres.</summary>
    public const double FarHalfWidth = 50;

    /// <summary>Measures a survey from its visible points, which are in a <see cref="SurveyFrame"/>.</summary>
    public static SurveySurface Measure(PointColumns points)
    {
        ReadOnlySpan<double> x = points.X.AsSpan(0, points.Count), y = points.Y.AsSpan(0, points.Count), z = points.Z.AsSpan(0, points.Count);
        double spacing = PointSpacing.Estimate(x, y);
        MinimumGrid minimum = MinimumGrid.Build(x, y, z, spacing);
        long[] histogram = new long[ushort.MaxValue + 1];
        bool hasReturns = false;
        for (int i = 0; i < points.Count; i++)
        {
            if (points.Intensity is not null) histogram[points.Intensity[i]]++;
            if (points.NumberOfReturns is not null) hasReturns |= points.NumberOfReturns[i] > 1;
        }

        return new SurveySurface(
            spacing, GroundSurface.Build(minimum, NearHalfWidth), GroundSurface.Build(minimum, FarHalfWidth), IntensityRank.From(histogram), hasReturns);
    }
}
