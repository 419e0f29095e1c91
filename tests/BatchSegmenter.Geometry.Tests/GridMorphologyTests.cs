namespace BatchSegmenter.Geometry.Tests;

public class GridMorphologyTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(40, 33)]
    [InlineData(70, 90)]
    public void Openings_and_closings_match_their_definition(int columns, int rows)
    {
        Random random = new(columns);
        float[] grid = [.. Enumerable.Range(0, columns * rows).Select(_ => random.NextSingle())];
        foreach (int half in (int[])[1, 2, 3, 4, 7, 12])
        {
            foreach (bool closing in (bool[])[false, true])
            {
                float[] result = [.. grid];
                GridMorphology.Open(result, columns, half, closing);
                Assert.Equal(Window(Window(grid, columns, half, closing), columns, half, !closing), result);
            }
        }
    }

    private static float[] Window(float[] grid, int columns, int half, bool largest)
    {
        int rows = grid.Length / columns;
        float[] result = new float[grid.Length];
        for (int i = 0; i < grid.Length; i++)
        {
            (int row, int column) = (i / columns, i % columns);
            float extremum = grid[i];
            for (int r = Math.Max(0, row - half); r <= Math.Min(rows - 1, row + half); r++)
            {
                for (int c = Math.Max(0, column - half); c <= Math.Min(columns - 1, column + half); c++)
                    extremum = largest ? Math.Max(extremum, grid[r * columns + c]) : Math.Min(extremum, grid[r * columns + c]);
            }
            result[i] = extremum;
        }
        return result;
    }
}
