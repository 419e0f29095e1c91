namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// The mean distance between neighbouring points in plan, measured where there are points at all, so that rivers, gaps and odd
/// outlines of a survey do not count as low density. Points may come run by run: memory grows with the area, not with their number.
/// </summary>
/// <remarks>
/// Square cells grow from 1 m by doubling until occupied ones hold six points on average; the spacing is then the cell's edge divided by
/// the root of that average.
/// </remarks>
/// <param name="mostPoints">At least as many points as will be added; only memory depends on it.</param>
public sealed class PointSpacing(long mostPoints)
{
    private const int PointsPerCell = 6;
    private const double LastCell = 4096;
    private const double LeastStep = 0.05;

    /// <summary>
    /// The step nearest to a spacing, of steps that are a fifth apart: neighbouring files whose spacings differ a little get one, and with it the same
    /// cells and tiles. What is below the least step becomes that.
    /// </summary>
    /// <param name="spacing">Metres.</param>
    /// <returns>0.05 m times a power of 2^¼.</returns>
    internal static double InSteps(double spacing)
    {
        const double Ratio = 1.189207115002721, HalfRatio = 1.0905077326652577; // 2^(1/4), 2^(1/8): multiplied, since powers differ in their last bits from machine to machine
        double step = LeastStep;
        while (step * HalfRatio < spacing) step *= Ratio;
        return step;
    }

    private readonly OccupiedCells _occupied = new();
    private long _count;

    /// <summary>The spacing of points in metres; see <see cref="Estimate(double)"/>.</summary>
    public static double Estimate(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double least = 0.05)
    {
        PointSpacing spacing = new(x.Length);
        spacing.Add(x, y);
        return spacing.Estimate(least);
    }

    /// <summary>Adds points, metres.</summary>
    public void Add(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        _count += x.Length;
        for (int i = 0; i < x.Length; i++)
        {
            _occupied.Add(x[i], y[i]);
            // So many cells cannot hold six points each, so these cells are too small already.
            while (_occupied.Count * PointsPerCell > mostPoints && _occupied.Cell < LastCell) _occupied.Coarsen();
        }
    }

    /// <summary>
    /// The spacing in metres, at least <paramref name="least"/>; <paramref name="least"/> where there are fewer than two points. Nothing can be added afterwards.
    /// </summary>
    public double Estimate(double least = 0.05)
    {
        if (_count < 2) return least;
        while (true)
        {
            double average = (double)_count / _occupied.Count;
            if (average >= PointsPerCell || _occupied.Cell >= LastCell) return Math.Max(least, _occupied.Cell / Math.Sqrt(average));
            _occupied.Coarsen();
        }
    }
}
