namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>The shapes that the world is furnished with.</summary>
internal enum Shape : byte
{
    /// <summary>House with two roof planes; the ridge runs along u.</summary>
    Gable,

    /// <summary>House with four roof planes.</summary>
    Hip,

    /// <summary>Box: flat roofs, cars, chimneys.</summary>
    Box,

    /// <summary>Upright pole.</summary>
    Pole,

    /// <summary>Wire hanging along y between two poles.</summary>
    Wire,

    /// <summary>Broadleaf crown or shrub: an ellipsoid that light passes through in part.</summary>
    Crown,

    /// <summary>Conifer: a cone that light passes through in part.</summary>
    Cone,

    /// <summary>Hedge: a box that light passes through in part.</summary>
    Hedge,
}

/// <summary>
/// One object. Upright, turned about z; u is its long axis, v across. A ray is described by its height: at height z it is at
/// (x + z·tilt, y), since the scanner looks across the line of flight; so every intersection is a range of heights.
/// </summary>
internal struct Solid
{
    public Shape Shape;
    public byte Code;
    public float Brightness;

    /// <summary>Chance that a step of 0.7 m inside meets something; for porous shapes.</summary>
    public float Leafiness;

    public double X, Y;

    /// <summary>Unit vector of u.</summary>
    public double Cos, Sin;

    public double HalfU, HalfV;

    /// <summary>Lowest and highest point; for houses <see cref="Eaves"/> lies between.</summary>
    public double Bottom, Top;

    /// <summary>Where walls end and roof planes begin; for wires the height at the far pole.</summary>
    public double Eaves;

    /// <summary>Tells this object from all others near it.</summary>
    public long Id;

    /// <summary>Largest horizontal distance of any part from the middle.</summary>
    public readonly double Reach => Math.Sqrt(HalfU * HalfU + HalfV * HalfV);

    /// <summary>Whether light passes through in part.</summary>
    public readonly bool IsPorous => Shape >= Shape.Crown;

    /// <summary>
    /// The highest point of an opaque shape on the ray; false where it passes by. <paramref name="margin"/> is how far within the outline
    /// the ray enters, metres: near the edge of a roof part of the beam goes past.
    /// </summary>
    public readonly bool Meets(double x, double tilt, double y, out double z, out double margin)
    {
        z = margin = 0;
        if (Shape == Shape.Wire) return MeetsWire(x, tilt, y, out z);
        double dx = x - X, dy = y - Y;
        double u0 = dx * Cos + dy * Sin, v0 = dy * Cos - dx * Sin, ru = tilt * Cos, rv = -tilt * Sin;
        double low = Bottom, high = Top;
        if (!Within(u0, ru, HalfU, ref low, ref high) || !Within(v0, rv, HalfV, ref low, ref high)) return false;
        if (Shape is Shape.Gable or Shape.Hip)
        {
            double pitch = (Top - Eaves) / HalfV;
            high = Math.Min(high, Math.Min((Top - pitch * v0) / (1 + pitch * rv), (Top + pitch * v0) / (1 - pitch * rv)));
            if (Shape == Shape.Hip)
            {
                double end = Top + pitch * (HalfU - HalfV);
                high = Math.Min(high, Math.Min((end - pitch * u0) / (1 + pitch * ru), (end + pitch * u0) / (1 - pitch * ru)));
            }
        }

        z = high;
        margin = Math.Min(HalfU - Math.Abs(u0 + ru * high), HalfV - Math.Abs(v0 + rv * high));
        return high > low;
    }

    /// <summary>Whether a place is within a porous shape.</summary>
    public readonly bool Contains(double x, double y, double z)
    {
        if (z > Top || z < Bottom) return false;
        double dx = x - X, dy = y - Y;
        switch (Shape)
        {
            case Shape.Hedge:
                return Math.Abs(dx * Cos + dy * Sin) <= HalfU && Math.Abs(dy * Cos - dx * Sin) <= HalfV;
            case Shape.Cone:
                double radius = HalfU * (Top - z) / (Top - Bottom);
                return dx * dx + dy * dy <= radius * radius;
            default:
                double half = (Top - Bottom) / 2, dz = (z - Bottom - half) / half;
                return (dx * dx + dy * dy) / (HalfU * HalfU) + dz * dz <= 1;
        }
    }

    private readonly bool MeetsWire(double x, double tilt, double y, out double z)
    {
        // A wire sags like a parabola between its poles; the beam is about 0.2 m wide.
        double along = (y - Y) / (2 * HalfU);
        z = Bottom + (Eaves - Bottom) * along - 4 * Top * along * (1 - along);
        return along is >= 0 and < 1 && Math.Abs(x + tilt * z - X) < HalfV;
    }

    private static bool Within(double position, double rate, double half, ref double low, ref double high)
    {
        if (Math.Abs(rate) < 1e-9) return Math.Abs(position) <= half;
        double a = (-half - position) / rate, b = (half - position) / rate;
        low = Math.Max(low, Math.Min(a, b));
        high = Math.Min(high, Math.Max(a, b));
        return low < high;
    }
}
