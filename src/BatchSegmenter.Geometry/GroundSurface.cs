using System.Buffers;
using System.Numerics;

namespace BatchSegmenter.Geometry;

/// <summary>A model of the bare earth: where the ground is, or would be beneath buildings and trees.</summary>
/// <remarks>
/// The lowest points of a plan grid are opened by squares that grow a cell at a time; a cell that drops by more than a slope of 0.15 allows
/// over the square's half-width holds an object, not ground. Single cells far below their surroundings are noise. The lowest points of the
/// other cells are the ground; a plane fitted to the ten nearest gives the height at each cell's centre, and between centres heights are
/// bilinear. Nothing is extrapolated: a height lies between the heights of the points that it was fitted to, and beyond the outer centres it is
/// that of the border. Cliffs and walls are rounded off. Only coordinates count, never a class.
/// </remarks>
public sealed class GroundSurface
{
    private const double Slope = 0.15;
    private const double NoiseDepth = 5; // in cells below the 3 x 3 closing
    private const int Fitted = 10;

    private readonly float[] _heights;
    private readonly int _columns, _rows;
    private readonly double _originX, _originY, _inverseCell;

    private GroundSurface(MinimumGrid grid, float[] heights)
    {
        (_heights, _columns, _rows) = (heights, grid.Columns, grid.Rows);
        (_originX, _originY, _inverseCell) = (grid.OriginX, grid.OriginY, 1 / grid.Cell);
    }

    /// <summary>Grids points and builds their surface; see <see cref="MinimumGrid.Build"/> for the grid's extent and cell.</summary>
    /// <param name="x">x of each point, metres in a local frame.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <param name="spacing">The typical distance of neighbouring points in plan, in metres.</param>
    /// <param name="maxHalfWidth">Half the width of the largest object to remove, in metres.</param>
    /// <returns>The surface.</returns>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The half-width is not above 0.</exception>
    public static GroundSurface Build(
        ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> z, double spacing, double maxHalfWidth) =>
        Build(MinimumGrid.Build(x, y, z, spacing), maxHalfWidth);

    /// <summary>Builds the surface of a grid; several surfaces can be built from one.</summary>
    /// <param name="grid">The lowest points; read only.</param>
    /// <param name="maxHalfWidth">
    /// Half the width of the largest object to remove, in metres: 18 m takes houses and keeps hills, 50 m also takes warehouses but flattens
    /// knolls.
    /// </param>
    /// <returns>The surface. Its heights are NaN if the grid holds no point.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The half-width is not above 0.</exception>
    public static GroundSurface Build(MinimumGrid grid, double maxHalfWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxHalfWidth);
        float[] heights = grid.LowestZ.ToArray();
        int[] points = GroundCells(grid, heights, (int)Math.Ceiling(maxHalfWidth / grid.Cell));
        if (points.Length > 0)
            FitNodes(grid, points, heights);
        return new(grid, heights);
    }

    /// <summary>The height of the ground at a position.</summary>
    /// <param name="x">x, metres in the frame of the points.</param>
    /// <param name="y">y.</param>
    /// <returns>The height in metres; outside the grid that of the nearest border; NaN for a NaN or a surface without points.</returns>
    public float HeightAt(double x, double y)
    {
        double u = Math.Clamp((x - _originX) * _inverseCell - 0.5, 0, _columns - 1);
        double v = Math.Clamp((y - _originY) * _inverseCell - 0.5, 0, _rows - 1);
        if (double.IsNaN(u) || double.IsNaN(v))
            return float.NaN;
        int column = Math.Min((int)u, Math.Max(0, _columns - 2)), row = Math.Min((int)v, Math.Max(0, _rows - 2));
        int at = row * _columns + column, right = _columns > 1 ? 1 : 0, up = _rows > 1 ? _columns : 0;
        float s = (float)(u - column), t = (float)(v - row);
        float low = _heights[at] + s * (_heights[at + right] - _heights[at]);
        float high = _heights[at + up] + s * (_heights[at + up + right] - _heights[at + up]);
        return low + t * (high - low);
    }

    /// <summary>The heights of the ground at many positions.</summary>
    /// <param name="x">x of each position.</param>
    /// <param name="y">y of each position.</param>
    /// <param name="heights">Receives the heights, see <see cref="HeightAt"/>.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public void HeightsAt(ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<float> heights)
    {
        Arguments.Length(y.Length, x.Length, nameof(y));
        Arguments.Length(heights.Length, x.Length, nameof(heights));
        for (int i = 0; i < x.Length; i++)
            heights[i] = HeightAt(x[i], y[i]);
    }

    /// <summary>The cells whose lowest point is ground, ascending. Uses <paramref name="surface"/>, a copy of the minima, as scratch.</summary>
    private static int[] GroundCells(MinimumGrid grid, Span<float> surface, int largestHalf)
    {
        GridHoles.Fill(surface, grid.Columns);
        if (float.IsNaN(surface[0]))
            return []; // a hole left after filling: there is no point at all

        float[] opened = ArrayPool<float>.Shared.Rent(surface.Length);
        int[] rejected = ArrayPool<int>.Shared.Rent(surface.Length);
        Span<float> next = opened.AsSpan(0, surface.Length);
        Span<int> isRejected = rejected.AsSpan(0, surface.Length);
        isRejected.Clear();

        // Low noise goes first and gives way to its surroundings, so that the openings never see it.
        surface.CopyTo(next);
        GridMorphology.Open(next, grid.Columns, 1, closing: true);
        for (int i = 0; i < surface.Length; i++)
        {
            if (next[i] - surface[i] > NoiseDepth * grid.Cell)
                (surface[i], isRejected[i]) = (next[i], -1);
        }

        // A window beyond the grid changes nothing any more, since it sees all of it.
        largestHalf = Math.Min(largestHalf, Math.Max(grid.Columns, grid.Rows));
        for (int half = 1; half <= largestHalf; half++)
        {
            surface.CopyTo(next);
            GridMorphology.Open(next, grid.Columns, half);
            RejectDrops(surface, next, isRejected, (float)(Slope * half * grid.Cell));
            next.CopyTo(surface);
        }

        List<int> ground = [];
        for (int i = 0; i < surface.Length; i++)
        {
            if (isRejected[i] == 0 && !float.IsNaN(grid.LowestZ[i]))
                ground.Add(i);
        }
        ArrayPool<float>.Shared.Return(opened);
        ArrayPool<int>.Shared.Return(rejected);
        return [.. ground];
    }

    private static void RejectDrops(ReadOnlySpan<float> before, ReadOnlySpan<float> after, Span<int> rejected, float most)
    {
        int i = 0;
        for (; i <= before.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<int> drops = Vector.GreaterThan(new Vector<float>(before[i..]) - new Vector<float>(after[i..]), new Vector<float>(most));
            (new Vector<int>(rejected[i..]) | drops).CopyTo(rejected[i..]);
        }
        for (; i < before.Length; i++)
            rejected[i] |= before[i] - after[i] > most ? -1 : 0;
    }

    private static void FitNodes(MinimumGrid grid, int[] cells, float[] heights)
    {
        float[] x = new float[cells.Length], y = new float[cells.Length], z = new float[cells.Length];
        for (int i = 0; i < cells.Length; i++)
            (x[i], y[i], z[i]) = (grid.LowestX[cells[i]], grid.LowestY[cells[i]], grid.LowestZ[cells[i]]);
        using KdTree tree = KdTree.InPlan(x, y);
        Parallel.For(0, grid.Rows, row => // every node for itself, so the order of the rows does not matter
        {
            Span<int> nearest = stackalloc int[Fitted];
            Span<float> squaredDistances = stackalloc float[Fitted];
            for (int column = 0; column < grid.Columns; column++)
            {
                float nodeX = (float)((column + 0.5) * grid.Cell), nodeY = (float)((row + 0.5) * grid.Cell);
                int found = tree.Nearest(nodeX, nodeY, 0, nearest, squaredDistances);
                heights[row * grid.Columns + column] = Fit(nodeX, nodeY, x, y, z, nearest[..found], squaredDistances[..found]);
            }
        });
    }

    /// <summary>The height at a node of the plane through its nearest points, weighted by (1 - (d / dmax)³)³ and held to their range.</summary>
    private static float Fit(
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
