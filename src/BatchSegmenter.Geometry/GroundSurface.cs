using System.Collections;
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

    private readonly float[] _heights;
    private readonly int _columns, _rows;
    private readonly double _originX, _originY, _inverseCell;
    private readonly int _firstColumn, _firstRow, _width; // what of the grid the heights are of

    private GroundSurface(MinimumGrid grid, float[] heights)
    {
        (_heights, _columns, _rows, _width) = (heights, grid.Columns, grid.Rows, grid.Columns);
        (_originX, _originY, _inverseCell) = (grid.OriginX, grid.OriginY, 1 / grid.Cell);
    }

    private GroundSurface(GroundSurface whole, float[] heights, int firstColumn, int firstRow, int width)
    {
        (_heights, _columns, _rows, _width) = (heights, whole._columns, whole._rows, width);
        (_originX, _originY, _inverseCell) = (whole._originX, whole._originY, whole._inverseCell);
        (_firstColumn, _firstRow) = (firstColumn, firstRow);
    }

    /// <summary>Reads heights of nodes that follow one another in <see cref="Nodes"/>.</summary>
    /// <param name="first">The first one's index.</param>
    /// <param name="heights">Receives them.</param>
    public delegate void ReadNodes(int first, Span<float> heights);

    /// <summary>The heights at the grid's cell centres, row after row: all that takes memory.</summary>
    public ReadOnlySpan<float> Nodes => _heights;

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

    /// <summary>Builds the surface of a grid; see <see cref="BuildAll"/>.</summary>
    /// <param name="grid">The lowest points; read only.</param>
    /// <param name="maxHalfWidth">Half the width of the largest object to remove, in metres.</param>
    /// <returns>The surface. Its heights are NaN if the grid holds no point.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The half-width is not above 0.</exception>
    public static GroundSurface Build(MinimumGrid grid, double maxHalfWidth) => BuildAll(grid, [maxHalfWidth])[0];

    /// <summary>Builds surfaces of a grid that differ in the objects that they remove; a wider one goes on where the one before ended.</summary>
    /// <param name="grid">The lowest points; read only.</param>
    /// <param name="maxHalfWidths">
    /// Half the width of the largest object to remove, in metres, ascending: 18 m takes houses and keeps hills, 50 m also takes warehouses but
    /// flattens knolls.
    /// </param>
    /// <returns>A surface for each. Heights are NaN if the grid holds no point.</returns>
    /// <remarks>Beside the grid's memory it takes another 12 bytes a cell, and 4 for each surface.</remarks>
    /// <exception cref="ArgumentException">The half-widths do not ascend.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A half-width is not above 0.</exception>
    public static GroundSurface[] BuildAll(MinimumGrid grid, ReadOnlySpan<double> maxHalfWidths)
    {
        int[] halves = new int[maxHalfWidths.Length];
        for (int i = 0; i < halves.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxHalfWidths[i], nameof(maxHalfWidths));
            // A window beyond the grid changes nothing any more, since it sees all of it.
            halves[i] = Math.Min((int)Math.Ceiling(maxHalfWidths[i] / grid.Cell), Math.Max(grid.Columns, grid.Rows));
            if (i > 0 && halves[i] < halves[i - 1])
                throw new ArgumentException("Half-widths must ascend.", nameof(maxHalfWidths));
        }

        (BitArray Cells, float[] Opened)[] ground = GroundCells(grid, halves);
        return Array.ConvertAll(ground, g => new GroundSurface(grid, g.Cells.HasAnySet() ? GroundFit.Nodes(grid, g.Cells) : g.Opened));
    }

    /// <summary>The surface without its nodes, which are kept elsewhere: it has no heights, but windows.</summary>
    public GroundSurface Outline() => new(this, [], 0, 0, 0);

    /// <summary>A part of the surface that has exactly its heights within a rectangle, borders included; elsewhere it must not be asked.</summary>
    /// <param name="minX">Smallest x.</param>
    /// <param name="minY">Smallest y.</param>
    /// <param name="maxX">Largest x.</param>
    /// <param name="maxY">Largest y.</param>
    /// <param name="read">Gives nodes of the whole surface.</param>
    public GroundSurface Window(double minX, double minY, double maxX, double maxY, ReadNodes read)
    {
        (int firstColumn, _) = Node(minX, _originX, _columns);
        (int firstRow, _) = Node(minY, _originY, _rows);
        int width = Math.Min(Node(maxX, _originX, _columns).First + 2, _columns) - firstColumn;
        int depth = Math.Min(Node(maxY, _originY, _rows).First + 2, _rows) - firstRow;
        float[] heights = new float[width * depth];
        for (int row = 0; row < depth; row++)
            read((firstRow + row) * _columns + firstColumn, heights.AsSpan(row * width, width));
        return new GroundSurface(this, heights, firstColumn, firstRow, width);
    }

    /// <summary>The height of the ground at a position.</summary>
    /// <param name="x">x, metres in the frame of the points.</param>
    /// <param name="y">y.</param>
    /// <returns>The height in metres; outside the grid that of the nearest border; NaN for a NaN or a surface without points.</returns>
    public float HeightAt(double x, double y)
    {
        (int column, double u) = Node(x, _originX, _columns);
        (int row, double v) = Node(y, _originY, _rows);
        if (double.IsNaN(u) || double.IsNaN(v))
            return float.NaN;
        int at = (row - _firstRow) * _width + column - _firstColumn, right = _columns > 1 ? 1 : 0, up = _rows > 1 ? _width : 0;
        float s = (float)(u - column), t = (float)(v - row);
        float low = _heights[at] + s * (_heights[at + right] - _heights[at]);
        float high = _heights[at + up] + s * (_heights[at + up + right] - _heights[at + up]);
        return low + t * (high - low);
    }

    /// <summary>The node before a position along an axis, of the last two at most the first; and the position, in nodes.</summary>
    private (int First, double Position) Node(double value, double origin, int nodes)
    {
        double position = Math.Clamp((value - origin) * _inverseCell - 0.5, 0, nodes - 1);
        return (Math.Min((int)position, Math.Max(0, nodes - 2)), position);
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

    /// <summary>For each largest half-width in cells, ascending, the cells whose lowest point is ground; where there is none, the opened minima.</summary>
    private static (BitArray Cells, float[] Opened)[] GroundCells(MinimumGrid grid, ReadOnlySpan<int> largestHalves)
    {
        (BitArray Cells, float[] Opened)[] ground = new (BitArray, float[])[largestHalves.Length];
        float[] surface = grid.LowestZ.ToArray();
        GridHoles.Fill(surface, grid.Columns);
        if (float.IsNaN(surface[0])) // a hole left after filling: there is no point at all
        {
            Array.Fill(ground, (new BitArray(surface.Length), surface));
            return ground;
        }

        // Not rented: a pool would keep what only the survey as a whole needs.
        float[] next = GC.AllocateUninitializedArray<float>(surface.Length);
        int[] rejected = new int[surface.Length];

        // Low noise goes first and gives way to its surroundings, so that the openings never see it.
        surface.CopyTo(next);
        GridMorphology.Open(next, grid.Columns, 1, closing: true);
        for (int i = 0; i < surface.Length; i++)
        {
            if (next[i] - surface[i] > NoiseDepth * grid.Cell)
                (surface[i], rejected[i]) = (next[i], -1);
        }

        int half = 0;
        for (int at = 0; at < ground.Length; at++)
        {
            while (half < largestHalves[at])
            {
                half++;
                surface.CopyTo(next);
                GridMorphology.Open(next, grid.Columns, half);
                RejectDrops(surface, next, rejected, (float)(Slope * half * grid.Cell));
                (surface, next) = (next, surface);
            }

            BitArray cells = new(surface.Length);
            for (int i = 0; i < rejected.Length; i++)
                cells[i] = rejected[i] == 0 && !float.IsNaN(grid.LowestZ[i]);
            ground[at] = (cells, cells.HasAnySet() ? [] : surface.ToArray());
        }

        return ground;
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
}
