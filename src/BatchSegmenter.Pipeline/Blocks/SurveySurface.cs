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
    /// <summary>Points that it was measured from.</summary>
    public long Points { get; init; }

    /// <summary>The box of the points.</summary>
    public SurveyBounds Bounds { get; init; }

    /// <summary>What full colour is: 65535, or 255 where no point has more, as in files that keep 8 bits; 0 where the survey has no colour.</summary>
    public float LargestColor { get; init; }

    /// <summary>Largest half-width of the openings of <see cref="NearGround"/>, metres.</summary>
    public const double NearHalfWidth = 18;

    /// <summary>Largest half-width of the openings of <see cref="FarGround"/>, metres.</summary>
    public const double FarHalfWidth = 50;

    /// <summary>Measures a survey from its visible points, which are in a <see cref="SurveyFrame"/>.</summary>
    public static SurveySurface Measure(PointColumns points) => Measure(points.Count, () => [points]);

    /// <summary>Measures a survey from runs of its visible points, which are in a <see cref="SurveyFrame"/>. How it is cut into runs changes nothing.</summary>
    /// <param name="mostPoints">At least as many points as there are; only memory depends on it.</param>
    /// <param name="runs">Gives the runs from the first on, each time in the same order; a run may be reused for the next.</param>
    /// <param name="beyond">
    /// Of files that give each other halos, the signals of neighbours' points that are not among the runs: ranks are then those of the file and all its
    /// neighbours, and the spacing is one of a few (<see cref="PointSpacing.InSteps"/>). Null where every file stands alone.
    /// </param>
    internal static SurveySurface Measure(long mostPoints, Func<IEnumerable<PointColumns>> runs, SignalTally? beyond = null)
    {
        SurveyTally tally = new(mostPoints);
        foreach (PointColumns run in runs()) tally.Add(run);
        double spacing = beyond is null ? tally.Spacing() : PointSpacing.InSteps(tally.Spacing());
        if (beyond is not null) tally.Signals.Add(beyond);

        PlanExtent extent = new(tally.Count);
        foreach (PointColumns run in runs()) extent.Add(run.X.AsSpan(0, run.Count), run.Y.AsSpan(0, run.Count));
        MinimumGrid minimum = extent.Grid(spacing, isFreeOfOrder: beyond is not null);
        foreach (PointColumns run in runs()) minimum.Add(run.X.AsSpan(0, run.Count), run.Y.AsSpan(0, run.Count), run.Z.AsSpan(0, run.Count));
        GroundSurface[] ground = GroundSurface.BuildAll(minimum, [NearHalfWidth, FarHalfWidth]);
        return new SurveySurface(spacing, ground[0], ground[1], tally.Signals.Intensity, tally.Signals.HasReturns)
        {
            Points = tally.Count,
            Bounds = tally.Bounds,
            LargestColor = tally.Signals.LargestColor,
        };
    }
}

/// <summary>The box of a survey's visible points, in its <see cref="SurveyFrame"/>, metres.</summary>
/// <param name="Least">Least coordinates.</param>
/// <param name="Greatest">Greatest coordinates.</param>
public readonly record struct SurveyBounds((double X, double Y, double Z) Least, (double X, double Y, double Z) Greatest);
