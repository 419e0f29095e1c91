namespace BatchSegmenter.Geometry.Tests;

public class VoxelGridTests
{
    [Fact]
    public void Each_voxel_keeps_the_point_nearest_its_centre_in_order_of_appearance()
    {
        double[] x = [10.9, 0.1, 10.6, 0.5, 0.4], y = [0.5, 0.5, 0.5, 0.5, 0.5], z = [0.5, 0.5, 0.5, 0.6, 0.5];
        (int[] representatives, int[] voxels) = Thin(x, y, z, 1, 1);
        Assert.Equal([2, 3], representatives); // 3 and 4 are equally near the centre
        Assert.Equal([0, 1, 0, 1, 1], voxels);
    }

    [Fact]
    public void The_grid_is_aligned_to_the_origin_and_floors_negative_coordinates()
    {
        double[] x = [-0.1, 0.1, -0.9, 1.1], same = [0, 0, 0, 0];
        Assert.Equal([0, 1, 0, 2], Thin(x, same, same, 1, 1).Voxels);
        double[] z = [0.1, 0.3, 0.6, -0.1];
        Assert.Equal([0, 0, 1, 2], Thin(same, same, z, 5, 0.5).Voxels);
    }

    [Fact]
    public void Far_outliers_and_numbers_that_are_none_cost_nothing()
    {
        double[] x = [0, double.NaN, 1e300, -1e12, 0.2], y = [0, 0, 0, 0, 0], z = [0, 0, 0, 0, double.PositiveInfinity];
        (int[] representatives, int[] voxels) = Thin(x, y, z, 0.5, 0.5);
        Assert.Equal([0, 2, 3], representatives);
        Assert.Equal([0, -1, 1, 2, -1], voxels);
    }

    [Fact]
    public void Thinning_agrees_with_grouping_by_voxel()
    {
        for (int count = 0; count <= 256; count++)
        {
            TestPoints points = TestPoints.Scattered(count, count);
            double[] x = [.. points.X.Select(v => v + 431000.0)], y = [.. points.Y.Select(v => -v)], z = [.. points.Z.Select(v => (double)v)];
            var expected = Enumerable.Range(0, count)
                .GroupBy(i => (Math.Floor(x[i] / 2.5), Math.Floor(y[i] / 2.5), Math.Floor(z[i] / 1.5)))
                .Select(voxel => voxel.OrderBy(i =>
                    Math.Pow(x[i] - (voxel.Key.Item1 + 0.5) * 2.5, 2) + Math.Pow(y[i] - (voxel.Key.Item2 + 0.5) * 2.5, 2)
                    + Math.Pow(z[i] - (voxel.Key.Item3 + 0.5) * 1.5, 2)).First());
            Assert.Equal(expected, Thin(x, y, z, 2.5, 1.5).Representatives);
        }
    }

    [Fact]
    public void Bad_requests_are_refused()
    {
        double[] x = new double[3];
        Assert.Throws<ArgumentException>(() => VoxelGrid.Thin(x, x, x, 1, 1, new int[2], new int[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => VoxelGrid.Thin(x, x, x, 0, 1, new int[3], new int[3]));
    }

    private static (int[] Representatives, int[] Voxels) Thin(double[] x, double[] y, double[] z, double edge, double verticalEdge)
    {
        int[] representatives = new int[x.Length], voxels = new int[x.Length];
        int count = VoxelGrid.Thin(x, y, z, edge, verticalEdge, representatives, voxels);
        return (representatives[..count], voxels);
    }
}
