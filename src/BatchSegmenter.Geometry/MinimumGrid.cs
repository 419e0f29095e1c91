namespace BatchSegmenter.Geometry;

/// <summary>The lowest point of each cell of a plan grid, with its true position; the input of every <see cref="GroundSurface"/>.</summary>
/// <remarks>
/// Memory is 12 bytes a cell and is bounded: cells double in size until there are at most <see cref="MostCells"/>. Points may arrive in any
/// order and number, so a file can be streamed through <see cref="Add"/>.
/// </remarks>
public sealed class MinimumGrid
{
    /// <summary>The most cells that a grid has: about 4 km × 4 km at 1 m.</summary>
    public const int MostCells = 1 << 24;

    private readonly float[] _x, _y, _z; // relative to the grid's origin in plan; z is NaN in a cell without a point

    /// <summary>Creates an empty grid.</summary>
    /// <param name="minX">Smallest x, metres in a local frame.</param>
    /// <param name="minY">Smallest y.</param>
    /// <param name="maxX">Largest x.</param>
    /// <param name="maxY">Largest y.</param>
    /// <param name="cell">The wanted edge of a cell in metres; cells begin at its multiples.</param>
    /// <exception cref="ArgumentOutOfRangeException">The extent is not finite or not in order, or the cell is not above 0.</exception>
    public MinimumGrid(double minX, double minY, double maxX, double maxY, double cell)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cell);
        if (!(minX <= maxX && minY <= maxY) || !double.IsFinite(maxX - minX) || !double.IsFinite(maxY - minY))
            throw new ArgumentOutOfRangeException(nameof(minX), $"The extent {minX}..{maxX} by {minY}..{maxY} is not finite or not in order.");
        for (; ; cell *= 2)
        {
            double columns = Math.Floor(maxX / cell) - Math.Floor(minX / cell) + 1, rows = Math.Floor(maxY / cell) - Math.Floor(minY / cell) + 1;
            if (columns * rows > MostCells)
                continue;
            (Columns, Rows, Cell) = ((int)columns, (int)rows, cell);
            break;
        }
        (OriginX, OriginY) = (Math.Floor(minX / Cell) * Cell, Math.Floor(minY / Cell) * Cell);
        _x = new float[Columns * Rows];
        _y = new float[Columns * Rows];
        _z = new float[Columns * Rows];
        Array.Fill(_z, float.NaN);
    }

    /// <summary>
    /// Whether of equally low points that with the least x, then y stays, whatever order they come in; else the first that came.
    /// </summary>
    public bool IsFreeOfOrder { get; init; }

    /// <summary>The edge of a cell in metres.</summary>
    public double Cell { get; }

    /// <summary>x of the grid's lower left corner.</summary>
    public double OriginX { get; }

    /// <summary>y of the grid's lower left corner.</summary>
    public double OriginY { get; }

    /// <summary>Cells along x.</summary>
    public int Columns { get; }

    /// <summary>Cells along y.</summary>
    public int Rows { get; }

    /// <summary>x of each cell's lowest point relative to the origin, row after row; meaningless where <see cref="LowestZ"/> is NaN.</summary>
    internal ReadOnlySpan<float> LowestX => _x;

    /// <summary>y of each cell's lowest point relative to the origin.</summary>
    internal ReadOnlySpan<float> LowestY => _y;

    /// <summary>z of each cell's lowest point; NaN in a cell without a point.</summary>
    internal ReadOnlySpan<float> LowestZ => _z;

    /// <summary>Grids points; the extent is theirs without far outliers, the cell max(1 m, 2 × spacing).</summary>
    /// <param name="x">x of each point, metres in a local frame.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <param name="spacing">The typical distance of neighbouring points in plan, in metres.</param>
    /// <returns>The grid; one empty cell if no point is finite.</returns>
    /// <remarks>Which outliers are left out, <see cref="PlanExtent"/> tells.</remarks>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static MinimumGrid Build(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> z, double spacing)
    {
        Arguments.SameLength(x, y, z);
        PlanExtent extent = new(x.Length);
        extent.Add(x, y);
        MinimumGrid grid = extent.Grid(spacing);
        grid.Add(x, y, z);
        return grid;
    }

    /// <summary>Lowers cells by more points. Points outside the grid, or with a coordinate that is not finite, are ignored.</summary>
    /// <param name="x">x of each point, in the grid's frame.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public void Add(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> z)
    {
        Arguments.SameLength(x, y, z);
        double inverse = 1 / Cell;
        for (int i = 0; i < x.Length; i++)
        {
            double column = Math.Floor((x[i] - OriginX) * inverse), row = Math.Floor((y[i] - OriginY) * inverse);
            if (!(column >= 0 && column < Columns && row >= 0 && row < Rows) || !double.IsFinite(z[i]))
                continue;
            int cell = (int)row * Columns + (int)column;
            // Not "z < lowest": that would never replace NaN.
            if (!((float)z[i] >= _z[cell]) || (IsFreeOfOrder && (float)z[i] == _z[cell] && IsBefore(x[i] - OriginX, y[i] - OriginY, cell)))
                (_x[cell], _y[cell], _z[cell]) = ((float)(x[i] - OriginX), (float)(y[i] - OriginY), (float)z[i]);
        }
    }

    private bool IsBefore(double x, double y, int cell) => (float)x < _x[cell] || ((float)x == _x[cell] && (float)y < _y[cell]);
}
