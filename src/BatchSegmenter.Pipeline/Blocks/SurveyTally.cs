using System.Numerics.Tensors;
using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>What one pass over a survey's visible points tells, run by run: number, spacing, box, intensities, returns and colour.</summary>
/// <param name="mostPoints">At least as many points as will be added.</param>
internal sealed class SurveyTally(long mostPoints)
{
    private readonly PointSpacing _spacing = new(mostPoints);
    private readonly SignalTally _signals = new();
    private SurveyBounds _bounds;

    /// <summary>Points added.</summary>
    public long Count { get; private set; }

    /// <summary>The box of the points; empty without points.</summary>
    public SurveyBounds Bounds => _bounds;

    /// <summary>What the points' signals tell.</summary>
    public SignalTally Signals => _signals;

    /// <summary>Adds points, which are in a <see cref="SurveyFrame"/>.</summary>
    public void Add(PointColumns points)
    {
        if (points.Count == 0) return;
        ReadOnlySpan<double> x = points.X.AsSpan(0, points.Count), y = points.Y.AsSpan(0, points.Count), z = points.Z.AsSpan(0, points.Count);
        _spacing.Add(x, y);
        SurveyBounds box = new((TensorPrimitives.Min(x), TensorPrimitives.Min(y), TensorPrimitives.Min(z)), (TensorPrimitives.Max(x), TensorPrimitives.Max(y), TensorPrimitives.Max(z)));
        _bounds = Count == 0 ? box : Around(_bounds, box);
        Count += points.Count;
        _signals.Add(points);
    }

    /// <summary>Mean point spacing in plan, metres. Nothing can be added afterwards.</summary>
    public double Spacing() => _spacing.Estimate();

    private static SurveyBounds Around(SurveyBounds a, SurveyBounds b) => new(
        (Math.Min(a.Least.X, b.Least.X), Math.Min(a.Least.Y, b.Least.Y), Math.Min(a.Least.Z, b.Least.Z)),
        (Math.Max(a.Greatest.X, b.Greatest.X), Math.Max(a.Greatest.Y, b.Greatest.Y), Math.Max(a.Greatest.Z, b.Greatest.Z)));
}
