namespace BatchSegmenter.Geometry.Tests;

public class GroundSurfaceTests
{
    [Fact]
    public void Plain_slopes_are_kept_exactly()
    {
        GroundSurface surface = Build(18, (x, y) => 0.1 * x - 0.2 * y);
        Assert.Equal(0.1 * 50.3 - 0.2 * 31.7, surface.HeightAt(50.3, 31.7), 0.001);
    }

    [Fact]
    public void A_house_stands_on_the_ground_beneath_it()
    {
        GroundSurface surface = Build(18, (x, y) => 0.05 * x + (x is > 40 and < 60 && y is > 40 and < 55 ? 8 : 0));
        Assert.Equal(0.05 * 50, surface.HeightAt(50, 48), 0.3);
        Assert.Equal(0.05 * 20, surface.HeightAt(20, 20), 0.01);
    }

    [Fact]
    public void A_warehouse_needs_the_large_window_and_both_share_a_grid()
    {
        (double[] x, double[] y, double[] z) = Points((x, y) => x is > 20 and < 80 && y is > 20 and < 80 ? 8 : 0);
        MinimumGrid grid = MinimumGrid.Build(x, y, z, 0.5);
        Assert.Equal(8, GroundSurface.Build(grid, 18).HeightAt(50, 50), 0.1);
        Assert.Equal(0, GroundSurface.Build(grid, 50).HeightAt(50, 50), 0.1);
    }

    [Fact]
    public void Surfaces_built_together_are_those_built_alone()
    {
        Random random = new(3);
        (double[] x, double[] y, double[] z) = Points((x, y) => (x is > 20 and < 80 && y is > 20 and < 80 ? 8 : 0) + random.NextDouble());
        MinimumGrid grid = MinimumGrid.Build(x, y, z, 0.5);
        GroundSurface[] both = GroundSurface.BuildAll(grid, [18, 50]);
        foreach ((double width, GroundSurface surface) in new[] { 18.0, 50 }.Zip(both))
        {
            GroundSurface alone = GroundSurface.Build(grid, width);
            for (int i = 0; i < x.Length; i++) Assert.Equal(alone.HeightAt(x[i], y[i]), surface.HeightAt(x[i], y[i]));
        }

        Assert.NotEqual(both[0].HeightAt(50, 50), both[1].HeightAt(50, 50), 0.5);
        Assert.Throws<ArgumentException>(() => GroundSurface.BuildAll(grid, [50, 18]));
    }

    [Theory]
    [InlineData(10, 20, 40, 30)]
    [InlineData(-50, -50, 20, 500)] // beyond the grid
    [InlineData(99.9, 99.9, 99.9, 99.9)]
    [InlineData(300, 5, 400, 6)]
    public void A_window_has_the_heights_of_the_whole(double minX, double minY, double maxX, double maxY)
    {
        Random random = new(5);
        GroundSurface whole = Build(18, (x, y) => 0.1 * x + random.NextDouble());
        float[] nodes = whole.Nodes.ToArray();

        GroundSurface window = whole.Outline().Window(minX, minY, maxX, maxY, (first, heights) => nodes.AsSpan(first, heights.Length).CopyTo(heights));

        Assert.True(window.Nodes.Length < nodes.Length);
        for (int i = 0; i <= 1000; i++)
        {
            double x = minX + (maxX - minX) * (i % 50 / 49.0), y = minY + (maxY - minY) * (i / 1000.0);
            Assert.Equal(whole.HeightAt(x, y), window.HeightAt(x, y));
        }

        Assert.Equal(whole.HeightAt(maxX, maxY), window.HeightAt(maxX, maxY));
    }

    [Fact]
    public void A_point_far_below_is_noise()
    {
        (double[] x, double[] y, double[] z) = Points((x, y) => 0);
        z[5000] = -30;
        Assert.Equal(0, GroundSurface.Build(x, y, z, 0.5, 18).HeightAt(x[5000], y[5000]), 0.001);
    }

    [Fact]
    public void Nothing_is_extrapolated_beyond_the_points()
    {
        GroundSurface surface = Build(18, (x, y) => 0.3 * x);
        Assert.InRange(surface.HeightAt(1000, 50), 28, 30);
        Assert.InRange(surface.HeightAt(-1000, 50), 0, 1);
        Assert.Equal(surface.HeightAt(-1000, 50), surface.HeightAt(-5, 50));

        // A gap in the data as wide as the data: heights stay between those of its sides.
        double[] x = [.. Enumerable.Range(0, 900).Select(i => i % 30 + (i % 30 > 14 ? 30.0 : 0))];
        double[] y = [.. Enumerable.Range(0, 900).Select(i => (double)(i / 30))];
        double[] z = [.. x.Select(v => v < 30 ? 0.1 * v : 0.1 * (60 - v))];
        GroundSurface gap = GroundSurface.Build(x, y, z, 1, 18);
        Assert.InRange(gap.HeightAt(30, 15), 0.9, 1.6);
    }

    [Fact]
    public void Heights_between_nodes_are_continuous()
    {
        Random random = new(1);
        GroundSurface surface = Build(18, (x, y) => random.NextDouble());
        for (double x = 20; x < 22; x += 0.001)
            Assert.Equal(surface.HeightAt(x, 33.4), surface.HeightAt(x + 0.001, 33.4), 0.002);
    }

    [Fact]
    public void One_point_no_point_and_no_number_are_answered()
    {
        Assert.Equal(7, GroundSurface.Build([3], [4], [7], 1, 18).HeightAt(0, 0));
        Assert.True(float.IsNaN(GroundSurface.Build([], [], [], 1, 18).HeightAt(0, 0)));
        Assert.True(float.IsNaN(GroundSurface.Build([3], [4], [7], 1, 18).HeightAt(double.NaN, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => GroundSurface.Build([3], [4], [7], 1, 0));
    }

    [Fact]
    public void Columns_of_heights_are_those_of_single_positions()
    {
        GroundSurface surface = Build(18, (x, y) => Math.Sin(x / 20) * 3);
        float[] heights = new float[2];
        surface.HeightsAt([12.3, 45.6], [7, 8], heights);
        Assert.Equal([surface.HeightAt(12.3, 7), surface.HeightAt(45.6, 8)], heights);
    }

    private static GroundSurface Build(double maxHalfWidth, Func<double, double, double> height)
    {
        (double[] x, double[] y, double[] z) = Points(height);
        return GroundSurface.Build(x, y, z, 0.5, maxHalfWidth);
    }

    /// <summary>100 m x 100 m at half-metre steps.</summary>
    private static (double[] X, double[] Y, double[] Z) Points(Func<double, double, double> height)
    {
        double[] x = [.. Enumerable.Range(0, 40000).Select(i => i % 200 * 0.5 + 0.21)];
        double[] y = [.. Enumerable.Range(0, 40000).Select(i => i / 200 * 0.5 + 0.13)];
        return (x, y, [.. x.Zip(y, height)]);
    }
}
