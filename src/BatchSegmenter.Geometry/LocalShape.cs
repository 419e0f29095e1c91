namespace BatchSegmenter.Geometry;

/// <summary>How the neighbours of a point are spread: along a line, over a plane, through space, and how upright.</summary>
/// <param name="Linearity">(l1 - l2) / l1 of the covariance's eigenvalues l1 &gt;= l2 &gt;= l3; 0 to 1.</param>
/// <param name="Planarity">(l2 - l3) / l1; 0 to 1.</param>
/// <param name="Scattering">l3 / l1; 0 to 1.</param>
/// <param name="Verticality">
/// 1 - |z of the normal|: 0 for level ground, 1 for a wall. On a line, where normals point all ways round, the most upright normal counts: 0
/// for a level wire, 1 for a pole.
/// </param>
public readonly record struct LocalShape(float Linearity, float Planarity, float Scattering, float Verticality)
{
    /// <summary>Computes the shape around every point from its nearest neighbours.</summary>
    /// <param name="x">x of each point, local coordinates.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <param name="neighbors">
    /// points × k neighbour indices, k after k (the result of a nearest neighbour search, the point itself among them); negative ones do not
    /// count. k is the ratio of the lengths.
    /// </param>
    /// <param name="linearity">Receives the linearity of each point.</param>
    /// <param name="planarity">Receives the planarity.</param>
    /// <param name="scattering">Receives the scattering.</param>
    /// <param name="verticality">Receives the verticality.</param>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    /// <remarks>Fewer than three neighbours, or neighbours that all coincide, give zeros.</remarks>
    public static void Compute(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, ReadOnlySpan<int> neighbors,
        Span<float> linearity, Span<float> planarity, Span<float> scattering, Span<float> verticality)
    {
        Arguments.SameLength(x, y, z);
        Arguments.SameLength<float>(linearity, planarity, scattering);
        Arguments.Length(verticality.Length, linearity.Length, nameof(verticality));
        int points = linearity.Length;
        if (points == 0)
            return;
        int k = neighbors.Length / points;
        Arguments.Length(neighbors.Length, (long)k * points, nameof(neighbors));
        for (int i = 0; i < points; i++)
        {
            (linearity[i], planarity[i], scattering[i], verticality[i]) = Of(x, y, z, neighbors.Slice(i * k, k));
        }
    }

    /// <summary>Computes the shape of one neighbourhood.</summary>
    /// <param name="x">x of each point.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <param name="neighbors">The indices of the neighbourhood's points; negative ones do not count.</param>
    /// <returns>The shape; zeros for fewer than three points or points that all coincide.</returns>
    public static LocalShape Of(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, ReadOnlySpan<int> neighbors)
    {
        // Coordinates relative to the first neighbour keep the sums small, so one pass is exact enough in float64.
        double sx = 0, sy = 0, sz = 0, sxx = 0, sxy = 0, sxz = 0, syy = 0, syz = 0, szz = 0, originX = 0, originY = 0, originZ = 0;
        int count = 0;
        foreach (int neighbor in neighbors)
        {
            if (neighbor < 0)
                continue;
            if (count++ == 0)
                (originX, originY, originZ) = (x[neighbor], y[neighbor], z[neighbor]);
            double px = x[neighbor] - originX, py = y[neighbor] - originY, pz = z[neighbor] - originZ;
            (sx, sy, sz) = (sx + px, sy + py, sz + pz);
            (sxx, sxy, sxz) = (sxx + px * px, sxy + px * py, sxz + px * pz);
            (syy, syz, szz) = (syy + py * py, syz + py * pz, szz + pz * pz);
        }
        if (count < 3)
            return default;
        double inverse = 1.0 / count;
        (sx, sy, sz) = (sx * inverse, sy * inverse, sz * inverse);
        return OfCovariance(
            sxx * inverse - sx * sx, sxy * inverse - sx * sy, sxz * inverse - sx * sz,
            syy * inverse - sy * sy, syz * inverse - sy * sz, szz * inverse - sz * sz);
    }

    private static LocalShape OfCovariance(double xx, double xy, double xz, double yy, double yz, double zz)
    {
        // The trigonometric solution of the characteristic polynomial of a symmetric 3 x 3 matrix.
        double mean = (xx + yy + zz) / 3;
        if (!(mean > 1e-14))
            return default; // coincident points, or a coordinate that is not a number
        double a = xx - mean, b = yy - mean, c = zz - mean;
        double spread = Math.Sqrt((a * a + b * b + c * c + 2 * (xy * xy + xz * xz + yz * yz)) / 6);
        if (spread < 1e-9 * mean)
            return new(0, 0, 1, 0); // a ball has no normal
        double determinant = a * (b * c - yz * yz) - xy * (xy * c - yz * xz) + xz * (xy * yz - b * xz);
        double angle = Math.Acos(Math.Clamp(determinant / (2 * spread * spread * spread), -1, 1)) / 3;
        double l1 = mean + 2 * spread * Math.Cos(angle);
        double l3 = mean + 2 * spread * Math.Cos(angle + 2 * Math.PI / 3);
        double l2 = Math.Max(0, 3 * mean - l1 - l3);
        double normalZ = NormalZ(xx - l3, xy, xz, yy - l3, yz, zz - l3, l1 - l3);
        l3 = Math.Max(0, l3);
        return new(
            (float)Math.Max(0, (l1 - l2) / l1), (float)Math.Max(0, (l2 - l3) / l1), (float)(l3 / l1), (float)(1 - normalZ));
    }

    /// <summary>|z| of the unit vector that the matrix A - l3 maps to zero.</summary>
    private static double NormalZ(double xx, double xy, double xz, double yy, double yz, double zz, double scale)
    {
        // Any two independent rows have the normal as their cross product; the longest product is the best conditioned.
        double best = 0, z = 0;
        Consider(xy * yz - xz * yy, xz * xy - xx * yz, xx * yy - xy * xy);
        Consider(xy * zz - xz * yz, xz * xz - xx * zz, xx * yz - xy * xz);
        Consider(yy * zz - yz * yz, yz * xz - xy * zz, xy * yz - yy * xz);
        if (best > 1e-18 * scale * scale * scale * scale)
            return Math.Min(1, Math.Abs(z) / Math.Sqrt(best));

        // All rows are parallel to the line's direction u; the most upright vector across it has z = sqrt(1 - u_z²).
        double alongX = xx * xx + xy * xy + xz * xz, alongY = xy * xy + yy * yy + yz * yz, alongZ = xz * xz + yz * yz + zz * zz;
        double longest = Math.Max(alongX, Math.Max(alongY, alongZ));
        double uz = longest == alongX ? xz : longest == alongY ? yz : zz;
        return longest > 0 ? Math.Sqrt(Math.Max(0, 1 - uz * uz / longest)) : 1;

        void Consider(double cx, double cy, double cz)
        {
            double square = cx * cx + cy * cy + cz * cz;
            if (square > best)
                (best, z) = (square, cz);
        }
    }
}
