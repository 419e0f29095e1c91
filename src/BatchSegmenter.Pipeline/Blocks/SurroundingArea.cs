namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// What lies around points in plan: everything within a margin of one of them, and at most half as much again (more in very wide surveys, whose cells are larger). By cells, so that a stray point
/// brings its own surroundings and not all that lies between. The result does not depend on the order of points. Not for several threads at a time.
/// </summary>
/// <param name="margin">Metres, above 0.</param>
internal sealed class SurroundingArea(double margin)
{
    private const int CellsPerMargin = 4;
    private const int MostCells = 1 << 14;

    private HashSet<(long Column, long Row)> _occupied = [];
    private HashSet<(long Column, long Row)>? _near;
    private double _cell = margin / CellsPerMargin;
    private (long Column, long Row) _last = (long.MinValue, long.MinValue);
    private bool _lastIsNear;

    /// <summary>Adds a point; one without a finite position is left out.</summary>
    /// <param name="x">Metres.</param>
    /// <param name="y">Metres.</param>
    public void Add(double x, double y)
    {
        if (!double.IsFinite(x) || !double.IsFinite(y)) return;
        (long, long) cell = CellOf(x, y);
        if (cell == _last) return;
        _last = cell;
        _near = null;
        if (!_occupied.Add(cell)) return;
        while (_occupied.Count > MostCells) Coarsen();
    }

    /// <summary>Whether a place is near a point that was added.</summary>
    /// <param name="x">Metres.</param>
    /// <param name="y">Metres.</param>
    public bool Contains(double x, double y)
    {
        if (!double.IsFinite(x) || !double.IsFinite(y)) return false;
        (_near, (long, long) cell) = (_near ?? Near(), CellOf(x, y));
        if (cell == _last) return _lastIsNear; // points follow scan lines
        _last = cell;
        return _lastIsNear = _near.Contains(cell);
    }

    private (long Column, long Row) CellOf(double x, double y) => ((long)Math.Floor(x / _cell), (long)Math.Floor(y / _cell));

    private void Coarsen()
    {
        _cell *= 2;
        _occupied = [.. _occupied.Select(cell => (cell.Column >> 1, cell.Row >> 1))];
        _last = (long.MinValue, long.MinValue);
    }

    private HashSet<(long Column, long Row)> Near()
    {
        int reach = (int)Math.Ceiling(margin / _cell);
        HashSet<(long Column, long Row)> near = [];
        foreach ((long column, long row) in _occupied)
            for (long r = row - reach; r <= row + reach; r++)
                for (long c = column - reach; c <= column + reach; c++) near.Add((c, r));
        _last = (long.MinValue, long.MinValue);
        return near;
    }
}
