namespace BatchSegmenter.Formats.Copc;

/// <summary>Which points of a COPC file are wanted. What is not limited is read whole.</summary>
public sealed record CopcQuery
{
    /// <summary>Every point.</summary>
    public static CopcQuery Everything { get; } = new();

    /// <summary>Lower corner of the box, in the file's CRS and units; points on its faces are within.</summary>
    /// <value>Default: negative infinity, no limit.</value>
    public (double X, double Y, double Z) Min { get; init; } = (double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity);

    /// <summary>Upper corner of the box, in the file's CRS and units; points on its faces are within.</summary>
    /// <value>Default: positive infinity, no limit.</value>
    public (double X, double Y, double Z) Max { get; init; } = (double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);

    /// <summary>The last level of the octree that is read; level 0 is the coarsest and alone covers the whole file, thinly.</summary>
    /// <value>Default: no limit.</value>
    public int MaxLevel { get; init; } = int.MaxValue;

    /// <summary>The distance between points that is fine enough, in the file's units: levels beyond it are left out; 0 for no limit.</summary>
    /// <value>Default: 0.</value>
    public double Resolution { get; init; }

    /// <summary>The query with a box of four numbers (min x, min y, max x, max y) or six (min x, y, z, max x, y, z).</summary>
    /// <exception cref="ArgumentException">Another count of numbers, one that is none, or a lower corner above the upper one.</exception>
    public CopcQuery Within(params ReadOnlySpan<double> bounds)
    {
        if (bounds.Length is not (4 or 6)) throw new ArgumentException($"A box has 4 or 6 numbers, not {bounds.Length}.", nameof(bounds));
        int axes = bounds.Length / 2;
        for (int i = 0; i < axes; i++)
            if (!(bounds[i] <= bounds[axes + i])) throw new ArgumentException($"A box from {bounds[i]} to {bounds[axes + i]} holds nothing.", nameof(bounds));
        return this with
        {
            Min = (bounds[0], bounds[1], axes == 3 ? bounds[2] : double.NegativeInfinity),
            Max = (bounds[axes], bounds[axes + 1], axes == 3 ? bounds[5] : double.PositiveInfinity),
        };
    }

    internal bool IsEverything => this == Everything;

    internal bool HasBox => Min != Everything.Min || Max != Everything.Max;

    internal bool Contains((double X, double Y, double Z) point) =>
        point.X >= Min.X && point.X <= Max.X && point.Y >= Min.Y && point.Y <= Max.Y && point.Z >= Min.Z && point.Z <= Max.Z;

    internal bool Meets((double X, double Y, double Z) min, (double X, double Y, double Z) max) =>
        max.X >= Min.X && min.X <= Max.X && max.Y >= Min.Y && min.Y <= Max.Y && max.Z >= Min.Z && min.Z <= Max.Z;
}
