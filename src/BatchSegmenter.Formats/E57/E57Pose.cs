namespace BatchSegmenter.Formats.E57;

/// <summary>Where a scan stands in the file's coordinate system: first turned, then moved.</summary>
internal sealed class E57Pose
{
    private readonly double[] _rotation;
    private readonly (double X, double Y, double Z) _translation;

    /// <param name="w">Real part of the quaternion; it need not have unit length, but none may be without length.</param>
    /// <param name="x">First imaginary part.</param>
    /// <param name="y">Second imaginary part.</param>
    /// <param name="z">Third imaginary part.</param>
    /// <param name="translation">What is added to the turned point, metres.</param>
    public E57Pose(double w, double x, double y, double z, (double X, double Y, double Z) translation)
    {
        _translation = translation;
        double s = 2 / (w * w + x * x + y * y + z * z);
        _rotation =
        [
            1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w),
            s * (x * y + z * w), 1 - s * (x * x + z * z), s * (y * z - x * w),
            s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y),
        ];
    }

    /// <summary>Turns and moves points in place.</summary>
    public void Apply(Span<double> xs, Span<double> ys, Span<double> zs)
    {
        double[] r = _rotation;
        ys = ys[..xs.Length];
        zs = zs[..xs.Length];
        for (int i = 0; i < xs.Length; i++)
        {
            double x = xs[i], y = ys[i], z = zs[i];
            xs[i] = r[0] * x + r[1] * y + r[2] * z + _translation.X;
            ys[i] = r[3] * x + r[4] * y + r[5] * z + _translation.Y;
            zs[i] = r[6] * x + r[7] * y + r[8] * z + _translation.Z;
        }
    }
}
