namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>A rectangle in plan, metres; its sides belong to it.</summary>
internal readonly record struct PlanBox(double Left, double Bottom, double Right, double Top)
{
    /// <summary>Whether all sides are finite and in order.</summary>
    public bool IsFinite => double.IsFinite(Right - Left) && double.IsFinite(Top - Bottom) && Left <= Right && Bottom <= Top;

    /// <summary>Extent along x, metres.</summary>
    public double Width => Right - Left;

    /// <summary>Extent along y, metres.</summary>
    public double Depth => Top - Bottom;

    /// <summary>The rectangle whose sides are so many metres farther out.</summary>
    public PlanBox Grown(double margin) => new(Left - margin, Bottom - margin, Right + margin, Top + margin);

    /// <summary>Whether a place belongs to it; one that is not a number does not.</summary>
    public bool Contains(double x, double y) => x >= Left && x <= Right && y >= Bottom && y <= Top;

    /// <summary>Whether two rectangles share a place.</summary>
    public bool Touches(PlanBox other) => Left <= other.Right && other.Left <= Right && Bottom <= other.Top && other.Bottom <= Top;

    /// <summary>The share of this rectangle that the other covers, 0–1; along an axis on which this has no extent, all of it counts.</summary>
    public double ShareWithin(PlanBox other) =>
        Share(Left, Right, other.Left, other.Right) * Share(Bottom, Top, other.Bottom, other.Top);

    private static double Share(double low, double high, double otherLow, double otherHigh) =>
        high > low ? Math.Clamp((Math.Min(high, otherHigh) - Math.Max(low, otherLow)) / (high - low), 0, 1) : 1;
}
