using System.Buffers;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>Points sorted into square cells in plan, to find those nearest to a rectangle.</summary>
internal sealed class PlanGrid
{
    private const int PointsPerCell = 64;
    private readonly float[] _x;
    private readonly float[] _y;
    private readonly float _minX;
    private readonly float _minY;
    private readonly float _cell;
    private readonly int _columns;
    private readonly int _rows;
    private readonly int[] _start;
    private readonly int[] _members;

    /// <param name="x">Metres, finite; not copied.</param>
    /// <param name="y">Metres, finite; not copied.</param>
    public PlanGrid(float[] x, float[] y)
    {
        (_x, _y) = (x, y);
        _minX = x.Length == 0 ? 0 : x.Min();
        _minY = y.Length == 0 ? 0 : y.Min();
        float width = x.Length == 0 ? 0 : x.Max() - _minX, depth = y.Length == 0 ? 0 : y.Max() - _minY;
        float area = Math.Max(width, 1e-3f) * Math.Max(depth, 1e-3f);
        float wanted = MathF.Sqrt(area * PointsPerCell / Math.Max(1, x.Length));
        _cell = Math.Max(wanted, Math.Max(width, depth) / 2048);
        _columns = (int)(width / _cell) + 1;
        _rows = (int)(depth / _cell) + 1;

        _start = new int[_columns * _rows + 1];
        int[] cellOf = new int[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            cellOf[i] = Row(y[i]) * _columns + Column(x[i]);
            _start[cellOf[i] + 1]++;
        }

        for (int c = 0; c < _columns * _rows; c++) _start[c + 1] += _start[c];
        _members = new int[x.Length];
        int[] next = _start.AsSpan(0, _columns * _rows).ToArray();
        for (int i = 0; i < x.Length; i++) _members[next[cellOf[i]]++] = i;
    }

    /// <summary>
    /// The points nearest to the rectangle (points inside have distance 0), by distance, ties by index.
    /// </summary>
    /// <param name="left">Least x of the rectangle, metres.</param>
    /// <param name="bottom">Least y.</param>
    /// <param name="right">Greatest x.</param>
    /// <param name="top">Greatest y.</param>
    /// <param name="nearest">Receives the points' indices; its length says how many, no more than there are.</param>
    public void NearestTo(float left, float bottom, float right, float top, Span<int> nearest)
    {
        if (nearest.IsEmpty) return;
        for (int ring = 1; ; ring *= 2)
        {
            // Every point within `reach` of the rectangle lies in a cell of the window, so candidates beyond it may not be complete.
            float reach = ring * _cell;
            int firstColumn = Column(left - reach), lastColumn = Column(right + reach);
            int firstRow = Row(bottom - reach), lastRow = Row(top + reach);
            bool all = firstColumn == 0 && firstRow == 0 && lastColumn == _columns - 1 && lastRow == _rows - 1;
            int inside = 0;
            for (int row = firstRow; row <= lastRow; row++) inside += MembersOf(row, firstColumn, lastColumn).Length;
            if (inside < nearest.Length) continue;
            ulong[] candidates = ArrayPool<ulong>.Shared.Rent(inside);
            int count = 0;
            for (int row = firstRow; row <= lastRow; row++)
                foreach (int i in MembersOf(row, firstColumn, lastColumn))
                {
                    float dx = Math.Max(0, Math.Max(left - _x[i], _x[i] - right));
                    float dy = Math.Max(0, Math.Max(bottom - _y[i], _y[i] - top));
                    float squared = dx * dx + dy * dy;
                    if (all || squared <= reach * reach) candidates[count++] = (ulong)BitConverter.SingleToUInt32Bits(squared) << 32 | (uint)i;
                }

            bool enough = count >= nearest.Length;
            if (enough)
            {
                candidates.AsSpan(0, count).Sort();
                for (int i = 0; i < nearest.Length; i++) nearest[i] = (int)(uint)candidates[i];
            }

            ArrayPool<ulong>.Shared.Return(candidates);
            if (enough) return;
        }
    }

    private ReadOnlySpan<int> MembersOf(int row, int firstColumn, int lastColumn) =>
        _members.AsSpan(_start[row * _columns + firstColumn].._start[row * _columns + lastColumn + 1]);

    private int Column(float x) => (int)Math.Clamp((x - _minX) / _cell, 0, _columns - 1);

    private int Row(float y) => (int)Math.Clamp((y - _minY) / _cell, 0, _rows - 1);
}
