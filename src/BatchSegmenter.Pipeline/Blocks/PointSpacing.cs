namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// The mean distance between neighbouring points in plan, measured where there are points at all, so that rivers, gaps and odd
/// outlines of a survey do not count as low density.
/// </summary>
public static class PointSpacing
{
    private const int PointsPerCell = 6;
    private const double FirstCell = 1;
    private const double LastCell = 4096;

    /// <summary>
    /// The spacing in metres: square cells grow from 1 m by doubling until occupied ones hold six points on average; the spacing is then
    /// the cell's edge divided by the root of that average. At least <paramref name="least"/>; <paramref name="least"/> where there are fewer than two points.
    /// </summary>
    public static double Estimate(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double least = 0.05)
    {
        if (x.Length < 2) return least;
        HashSet<long> occupied = [];
        for (double cell = FirstCell; ; cell *= 2)
        {
            occupied.Clear();
            for (int i = 0; i < x.Length; i++)
                occupied.Add(Key((long)Math.Floor(x[i] / cell), (long)Math.Floor(y[i] / cell)));
            double average = (double)x.Length / occupied.Count;
            if (average >= PointsPerCell || cell >= LastCell) return Math.Max(least, cell / Math.Sqrt(average));
        }
    }

    /// <summary>
    /// One number per cell. It is scattered over all bits: <see cref="long.GetHashCode"/> folds the halves together, so that the cells of a
    /// diagonal would share a hash.
    /// </summary>
    private static long Key(long column, long row) => unchecked(((column << 32) ^ (row & 0xFFFFFFFFL)) * (long)0x9E3779B97F4A7C15UL);
}
