using System.Collections;

namespace BatchSegmenter.Geometry;

/// <summary>Heights at the centres of a grid's cells, fitted to the nearest lowest points that are ground.</summary>
/// <remarks>
/// Goes band by band of rows, each with an index over its own points and those of some rows around, so that memory does not grow with the
/// area. A band whose nearest points may lie farther is done again with more rows: the result is that of one index over all.
/// </remarks>
internal static class GroundFit
{
    private const int Fitted = 10;
    private const int CellsPerBand = 1 << 20;
    private const int LeastMargin = 16; // rows

    /// <summary>The heights, row after row.</summary>
    /// <param name="grid">The lowest points.</param>
    /// <param name="isGround">For each cell whether its lowest point is ground; at least one is.</param>
    /// <param name="cellsPerBand">Cells of a band, about; other values than the default are for tests.</param>
    public static float[] Nodes(MinimumGrid grid, BitArray isGround, int cellsPerBand = CellsPerBand)
    {
        float[] heights = new float[isGround.Length];
        int bandRows = Math.Max(1, cellsPerBand / grid.Columns), margin = LeastMargin;
        for (int first = 0; first < grid.Rows; first += bandRows)
        {
            int end = Math.Min(grid.Rows, first + bandRows);
            for (int tried = margin; !TryBand(grid, isGround, first, end, tried, heights); tried *= 4)
            {
            }
        }

        return heights;
    }

    /// <summary>Fits the nodes of rows <paramref name="first"/> to <paramref name="end"/> from the points of <paramref name="margin"/> more rows on either side, or tells that these do not suffice.</summary>
    private static bool TryBand(MinimumGrid grid, BitArray isGround, int first, int end, int margin, float[] heights)
    {
        int firstKnown = Math.Max(0, first - margin), endKnown = Math.Min(grid.Rows, end + margin);
        (float[] x, float[] y, float[] z) = Points(grid, isGround, firstKnown * grid.Columns, endKnown * grid.Columns);
        if (x.Length < Fitted && (firstKnown > 0 || endKnown < grid.Rows))
            return false;

        // Unknown points lie in other rows. A cell is left as a margin for rounding.
        double below = firstKnown == 0 ? double.NegativeInfinity : (firstKnown + 1) * grid.Cell;
        double above = endKnown == grid.Rows ? double.PositiveInfinity : (endKnown - 1) * grid.Cell;
        using KdTree tree = KdTree.InPlan(x, y);
        bool suffices = true;
        Parallel.For(first, end, (row, loop) => // every node for itself, so the order of the rows does not matter
        {
            Span<int> nearest = stackalloc int[Fitted];
            Span<float> squaredDistances = stackalloc float[Fitted];
            float nodeY = (float)((row + 0.5) * grid.Cell);
            double known = Math.Min(nodeY - below, above - nodeY);
            for (int column = 0; column < grid.Columns; column++)
            {
                float nodeX = (float)((column + 0.5) * grid.Cell);
                int found = tree.Nearest(nodeX, nodeY, 0, nearest, squaredDistances);
                if (squaredDistances[found - 1] >= known * known)
                {
                    Volatile.Write(ref suffices, false);
                    loop.Stop();
                    return;
                }

                heights[row * grid.Columns + column] = Height(nodeX, nodeY, x, y, z, nearest[..found], squaredDistances[..found]);
            }
        });
        return suffices;
    }

    private static (float[] X, float[] Y, float[] Z) Points(MinimumGrid grid, BitArray isGround, int firstCell, int endCell)
    {
        int count = 0;
        for (int cell = firstCell; cell < endCell; cell++)
            count += isGround[cell] ? 1 : 0;
        float[] x = new float[count], y = new float[count], z = new float[count];
        for (int cell = firstCell, at = 0; at < count; cell++)
        {
            if (!isGround[cell])
                continue;
            (x[at], y[at], z[at]) = (grid.LowestX[cell], grid.LowestY[cell], grid.LowestZ[cell]);
            at++;
        }
        return (x, y, z);
    }

    /// <summary>The height at a node of the plane through its nearest points, weighted by (1 - (d / dmax)³)³ and held to their range.</summary>
    private static float Height(
        float nodeX, float nodeY, float[] x, float[] y, float[] z, ReadOnlySpan<int> nearest, ReadOnlySpan<float> squaredDistances)
    {
        double sum = 0, su = 0, sv = 0, sz = 0, suu = 0, suv = 0, svv = 0, suz = 0, svz = 0;
        float low = float.PositiveInfinity, high = float.NegativeInfinity, origin = z[nearest[0]];
        // A hair beyond the farthest, so that points all equally far still count.
        float reach = 1.001f * MathF.Sqrt(squaredDistances[^1]);
        float inverseReach = reach > 0 ? 1 / reach : 0;
        for (int i = 0; i < nearest.Length; i++)
        {
            int point = nearest[i];
            (low, high) = (MathF.Min(low, z[point]), MathF.Max(high, z[point]));
            float ratio = MathF.Sqrt(squaredDistances[i]) * inverseReach, rest = 1 - ratio * ratio * ratio;
            double w = rest * rest * rest, u = x[point] - nodeX, v = y[point] - nodeY, h = z[point] - origin;
            (sum, su, sv, sz) = (sum + w, su + w * u, sv + w * v, sz + w * h);
            (suu, suv, svv) = (suu + w * u * u, suv + w * u * v, svv + w * v * v);
            (suz, svz) = (suz + w * u * h, svz + w * v * h);
        }
        double inverse = 1 / sum;
        (su, sv, sz) = (su * inverse, sv * inverse, sz * inverse);
        double uu = suu * inverse - su * su, uv = suv * inverse - su * sv, vv = svv * inverse - sv * sv;
        double uz = suz * inverse - su * sz, vz = svz * inverse - sv * sz;
        double determinant = uu * vv - uv * uv, height = sz;
        if (determinant > 1e-4 * (uu + vv) * (uu + vv)) // else the points lie on a line: their mean has to do
            height -= ((uz * vv - vz * uv) * su + (vz * uu - uz * uv) * sv) / determinant;
        return Math.Clamp((float)(origin + height), low, high);
    }
}
