using System.Numerics.Tensors;
using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>What one pass over a survey's visible points tells, run by run: number, spacing, box, intensities, returns and colour.</summary>
/// <param name="mostPoints">At least as many points as will be added.</param>
internal sealed class SurveyTally(long mostPoints)
{
    private readonly PointSpacing _spacing = new(mostPoints);
    private readonly long[] _histogram = new long[ushort.MaxValue + 1];
    private ushort _largestColor;
    private SurveyBounds _bounds;

    /// <summary>Points added.</summary>
    public long Count { get; private set; }

    /// <summary>Whether some pulse has more than one return.</summary>
    public bool HasReturns { get; private set; }

    /// <summary>The box of the points; empty without points.</summary>
    public SurveyBounds Bounds => _bounds;

    /// <summary>Intensity ranks, or null where there is no intensity.</summary>
    public IntensityRank? Intensity => IntensityRank.From(_histogram);

    /// <inheritdoc cref="SurveySurface.LargestColor"/>
    public float LargestColor => _largestColor switch
    {
        0 => 0,
        <= byte.MaxValue => byte.MaxValue,
        _ => ushort.MaxValue,
    };

    /// <summary>Adds points, which are in a <see cref="SurveyFrame"/>.</summary>
    public void Add(PointColumns points)
    {
        if (points.Count == 0) return;
        ReadOnlySpan<double> x = points.X.AsSpan(0, points.Count), y = points.Y.AsSpan(0, points.Count), z = points.Z.AsSpan(0, points.Count);
        _spacing.Add(x, y);
        SurveyBounds box = new((TensorPrimitives.Min(x), TensorPrimitives.Min(y), TensorPrimitives.Min(z)), (TensorPrimitives.Max(x), TensorPrimitives.Max(y), TensorPrimitives.Max(z)));
        _bounds = Count == 0 ? box : Around(_bounds, box);
        Count += points.Count;
        for (int i = 0; i < points.Count; i++)
        {
            if (points.Intensity is not null) _histogram[points.Intensity[i]]++;
            if (points.NumberOfReturns is not null) HasReturns |= points.NumberOfReturns[i] > 1;
        }

        foreach (ushort[]? channel in (ReadOnlySpan<ushort[]?>)[points.Red, points.Green, points.Blue])
            if (channel is not null) _largestColor = Math.Max(_largestColor, TensorPrimitives.Max<ushort>(channel.AsSpan(0, points.Count)));
    }

    /// <summary>Mean point spacing in plan, metres. Nothing can be added afterwards.</summary>
    public double Spacing() => _spacing.Estimate();

    private static SurveyBounds Around(SurveyBounds a, SurveyBounds b) => new(
        (Math.Min(a.Least.X, b.Least.X), Math.Min(a.Least.Y, b.Least.Y), Math.Min(a.Least.Z, b.Least.Z)),
        (Math.Max(a.Greatest.X, b.Greatest.X), Math.Max(a.Greatest.Y, b.Greatest.Y), Math.Max(a.Greatest.Z, b.Greatest.Z)));
}
