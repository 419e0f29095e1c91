using System.Numerics.Tensors;
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
    /// <summary>The box of the points.</summary>
    public SurveyBounds Bounds { get; init; }

    /// <summary>What full colour is: 65535, or 255 where no point has more, as in files that keep 8 bits; 0 where the survey has no colour.</summary>
    public float LargestColor { get; init; }

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
            spacing, GroundSurface.Build(minimum, NearHalfWidth), GroundSurface.Build(minimum, FarHalfWidth), IntensityRank.From(histogram), hasReturns)
        {
            Bounds = points.Count == 0
                ? default
                : new SurveyBounds(
                    (TensorPrimitives.Min(x), TensorPrimitives.Min(y), TensorPrimitives.Min(z)), (TensorPrimitives.Max(x), TensorPrimitives.Max(y), TensorPrimitives.Max(z))),
            LargestColor = Math.Max(LargestOf(points.Red, points.Count), Math.Max(LargestOf(points.Green, points.Count), LargestOf(points.Blue, points.Count))) switch
            {
                0 => 0,
                <= byte.MaxValue => byte.MaxValue,
                _ => ushort.MaxValue,
            },
        };
    }

    private static ushort LargestOf(ushort[]? values, int count) => values is null || count == 0 ? (ushort)0 : TensorPrimitives.Max<ushort>(values.AsSpan(0, count));
}

/// <summary>The box of a survey's visible points, in its <see cref="SurveyFrame"/>, metres.</summary>
/// <param name="Least">Least coordinates.</param>
/// <param name="Greatest">Greatest coordinates.</param>
public readonly record struct SurveyBounds((double X, double Y, double Z) Least, (double X, double Y, double Z) Greatest);
