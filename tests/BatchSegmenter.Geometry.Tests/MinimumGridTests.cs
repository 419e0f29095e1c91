namespace BatchSegmenter.Geometry.Tests;

public class MinimumGridTests
{
    [Fact]
    public void Free_of_order_equally_low_points_give_one_grid_whatever_comes_first()
    {
        double[] x = [1.5, 0.5, 0.5, 1.25], y = [0.5, 1.5, 0.25, 0.5], z = [3, 3, 3, 4];
        MinimumGrid forwards = new(0, 0, 1.9, 1.9, 2) { IsFreeOfOrder = true }, backwards = new(0, 0, 1.9, 1.9, 2) { IsFreeOfOrder = true }, first = new(0, 0, 1.9, 1.9, 2);

        forwards.Add(x, y, z);
        backwards.Add([.. x.Reverse()], [.. y.Reverse()], [.. z.Reverse()]);
        first.Add(x, y, z);

        Assert.Equal((0.5f, 0.25f, 3f), (forwards.LowestX[0], forwards.LowestY[0], forwards.LowestZ[0]));
        Assert.Equal((0.5f, 0.25f, 3f), (backwards.LowestX[0], backwards.LowestY[0], backwards.LowestZ[0]));
        Assert.Equal((1.5f, 0.5f, 3f), (first.LowestX[0], first.LowestY[0], first.LowestZ[0]));
    }

    [Fact]
    public void Each_cell_keeps_its_first_lowest_point_where_it_is()
    {
        MinimumGrid grid = new(0, 0, 3.9, 1.9, 1);
        grid.Add([0.2, 0.7, 0.9, 2.5, double.NaN, 99], [0.5, 0.25, 0.1, 1.5, 0, 0], [5, 3, 3, 7, -9, -9]);
        Assert.Equal((4, 2), (grid.Columns, grid.Rows));
        Assert.Equal([3, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, 7, float.NaN], grid.LowestZ.ToArray());
        Assert.Equal((0.7f, 0.25f), (grid.LowestX[0], grid.LowestY[0]));
    }

    [Fact]
    public void Cells_are_twice_the_spacing_and_begin_at_multiples_of_their_edge()
    {
        MinimumGrid grid = MinimumGrid.Build([4.5, 9], [-4.5, 9], [0, 0], 1.5);
        Assert.Equal((3, 3, -6), (grid.Cell, grid.OriginX, grid.OriginY));
        Assert.Equal(1, MinimumGrid.Build([4.5, 9], [-4.5, 9], [0, 0], 0.1).Cell);
    }

    [Fact]
    public void Far_outliers_do_not_enlarge_the_grid()
    {
        TestPoints points = TestPoints.Scattered(5000, 1);
        double[] x = [.. points.X.Select(v => (double)v), 1e9, -1e12], y = [.. points.Y.Select(v => (double)v), 5, 5], z = new double[5002];
        MinimumGrid grid = MinimumGrid.Build(x, y, z, 0.5);
        Assert.InRange(grid.Columns, 10, 50);
        Assert.Equal(10, grid.Rows);
    }

    [Fact]
    public void Cells_grow_until_the_grid_is_of_bounded_size()
    {
        MinimumGrid grid = new(0, 0, 99999, 99999, 1);
        Assert.True((long)grid.Columns * grid.Rows <= MinimumGrid.MostCells);
        Assert.Equal(32, grid.Cell);
    }

    [Fact]
    public void No_points_make_one_empty_cell()
    {
        Assert.Equal([float.NaN], MinimumGrid.Build([], [], [], 1).LowestZ.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => new MinimumGrid(0, 0, double.PositiveInfinity, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MinimumGrid(0, 0, 1, 1, 0));
    }
}
