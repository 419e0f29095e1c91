namespace BatchSegmenter.Geometry.Tests;

public class GridHolesTests
{
    [Fact]
    public void Holes_take_the_value_of_a_nearest_cell()
    {
        Random random = new(1);
        const int Columns = 37, Rows = 23;
        float[] grid = [.. Enumerable.Range(0, Columns * Rows).Select(i => random.Next(12) == 0 ? i : float.NaN)];
        float[] filled = [.. grid];
        GridHoles.Fill(filled, Columns);
        for (int i = 0; i < grid.Length; i++)
        {
            double nearest = Enumerable.Range(0, grid.Length).Where(j => !float.IsNaN(grid[j])).Min(j => Distance(i, j));
            Assert.InRange(Distance(i, (int)filled[i]), nearest, nearest + 0.5);
        }

        static double Distance(int a, int b) => Math.Sqrt(Math.Pow(a % Columns - b % Columns, 2) + Math.Pow(a / Columns - b / Columns, 2));
    }

    [Fact]
    public void A_grid_without_values_stays_empty()
    {
        float[] grid = [float.NaN, float.NaN];
        GridHoles.Fill(grid, 2);
        Assert.All(grid, value => Assert.True(float.IsNaN(value)));
    }
}
