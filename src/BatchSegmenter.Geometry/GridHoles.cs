namespace BatchSegmenter.Geometry;

/// <summary>Fills cells that hold NaN with the value of the nearest cell that does not.</summary>
internal static class GridHoles
{
    private const int Far = 1 << 24;

    /// <summary>Fills in place; a grid without any value stays NaN.</summary>
    /// <remarks>
    /// Each cell passes the offset of its nearest value on to its neighbours, down the grid and up again. The offset is exact but for rare
    /// cells where the second nearest, a fraction of a cell farther, wins.
    /// </remarks>
    public static void Fill(Span<float> grid, int columns)
    {
        if (!grid.Contains(float.NaN))
            return;
        int rows = grid.Length / columns;
        (int Column, int Row)[] offsets = new (int, int)[grid.Length];
        for (int i = 0; i < grid.Length; i++)
            offsets[i] = float.IsNaN(grid[i]) ? (Far, Far) : (0, 0);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                Consider(column, row, -1, 0);
                Consider(column, row, -1, -1);
                Consider(column, row, 0, -1);
                Consider(column, row, 1, -1);
            }
            for (int column = columns - 1; column >= 0; column--)
                Consider(column, row, 1, 0);
        }
        for (int row = rows - 1; row >= 0; row--)
        {
            for (int column = columns - 1; column >= 0; column--)
            {
                Consider(column, row, 1, 0);
                Consider(column, row, 1, 1);
                Consider(column, row, 0, 1);
                Consider(column, row, -1, 1);
            }
            for (int column = 0; column < columns; column++)
                Consider(column, row, -1, 0);
        }
        for (int i = 0; i < grid.Length; i++)
        {
            (int column, int row) = offsets[i];
            if (Math.Abs(column) < Far / 2 && (column | row) != 0)
                grid[i] = grid[i + row * columns + column];
        }

        void Consider(int column, int row, int right, int down)
        {
            ref (int Column, int Row) own = ref offsets[row * columns + column];
            if ((own.Column | own.Row) == 0 || (uint)(column + right) >= (uint)columns || (uint)(row + down) >= (uint)rows)
                return;
            (int c, int r) = offsets[(row + down) * columns + column + right];
            (c, r) = (c + right, r + down);
            if ((long)c * c + (long)r * r < (long)own.Column * own.Column + (long)own.Row * own.Row)
                own = (c, r);
        }
    }
}
