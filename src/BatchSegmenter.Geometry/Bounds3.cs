namespace BatchSegmenter.Geometry;

/// <summary>An axis-aligned box in the unit of its coordinates; start from <see cref="Empty"/> and add points.</summary>
/// <param name="MinX">Smallest x.</param>
/// <param name="MinY">Smallest y.</param>
/// <param name="MinZ">Smallest z.</param>
/// <param name="MaxX">Largest x.</param>
/// <param name="MaxY">Largest y.</param>
/// <param name="MaxZ">Largest z.</param>
public readonly record struct Bounds3(double MinX, double MinY, double MinZ, double MaxX, double MaxY, double MaxZ)
{
    /// <summary>The box of no points. (The default value is not empty: it holds the origin.)</summary>
    public static Bounds3 Empty { get; } = new(
        double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity,
        double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity);

    /// <summary>Whether the box holds no point.</summary>
    public bool IsEmpty => !(MinX <= MaxX && MinY <= MaxY && MinZ <= MaxZ);

    /// <summary>The smallest box that also holds a point; a point with a coordinate that is not finite is ignored.</summary>
    /// <param name="x">x of the point.</param>
    /// <param name="y">y of the point.</param>
    /// <param name="z">z of the point.</param>
    /// <returns>The grown box.</returns>
    public Bounds3 Add(double x, double y, double z) => double.IsFinite(x) && double.IsFinite(y) && double.IsFinite(z)
        ? new(Math.Min(MinX, x), Math.Min(MinY, y), Math.Min(MinZ, z), Math.Max(MaxX, x), Math.Max(MaxY, y), Math.Max(MaxZ, z))
        : this;

    /// <summary>The smallest box that also holds all points; those with a coordinate that is not finite are ignored.</summary>
    /// <param name="x">x of each point.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <returns>The grown box.</returns>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public Bounds3 Add(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> z)
    {
        Arguments.SameLength(x, y, z);
        Bounds3 bounds = this;
        for (int i = 0; i < x.Length; i++)
            bounds = bounds.Add(x[i], y[i], z[i]);
        return bounds;
    }

    /// <summary>The smallest box that holds both.</summary>
    /// <param name="other">The other box; an empty one changes nothing.</param>
    /// <returns>The union.</returns>
    public Bounds3 Union(Bounds3 other) => other.IsEmpty ? this : IsEmpty ? other : new(
        Math.Min(MinX, other.MinX), Math.Min(MinY, other.MinY), Math.Min(MinZ, other.MinZ),
        Math.Max(MaxX, other.MaxX), Math.Max(MaxY, other.MaxY), Math.Max(MaxZ, other.MaxZ));
}
