namespace BatchSegmenter.Geometry.Tests;

public class LocalShapeTests
{
    private static readonly int[] Sixteen = [.. Enumerable.Range(0, 16)];

    [Theory]
    [InlineData(0, 0, 1, 0)]
    [InlineData(1, 0, 0, 1)]
    [InlineData(0.6, 0, 0.8, 0.2)]
    public void A_plane_is_planar_and_as_upright_as_its_normal(double nx, double ny, double nz, double verticality)
    {
        // Two directions across the normal, in the plane's grid of 4 x 4 points; coordinates far from the origin must not blur it.
        (double X, double Y, double Z) a = (nz, 0, -nx), b = (0, 1, ny);
        LocalShape shape = Of(i => (500 + (i % 4) * a.X + (i / 4) * b.X, 300 + (i % 4) * a.Y + (i / 4) * b.Y, (i % 4) * a.Z + (i / 4) * b.Z));
        Assert.Equal(1, shape.Planarity, 1e-3);
        Assert.Equal(0, shape.Linearity, 1e-3);
        Assert.Equal(0, shape.Scattering, 1e-3);
        Assert.Equal(verticality, shape.Verticality, 1e-3);
    }

    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(0, 0, 1)]
    [InlineData(0, 1, 0)]
    public void A_wire_is_level_and_a_pole_upright(int dx, int dy, int dz)
    {
        LocalShape shape = Of(i => (dx * i, dy * i, dz * i));
        Assert.Equal(1, shape.Linearity, 1e-6);
        Assert.Equal(dz, shape.Verticality, 1e-3);
    }

    [Fact]
    public void Corners_of_a_cube_scatter()
    {
        LocalShape shape = Of(i => (i & 1, i >> 1 & 1, i >> 2 & 1));
        Assert.Equal(new LocalShape(0, 0, 1, 0), shape);
    }

    [Fact]
    public void Shapes_match_known_eigenvalues()
    {
        // Variances 9, 4 and 1 along turned axes.
        double c = Math.Cos(0.7), s = Math.Sin(0.7);
        LocalShape shape = Of(i =>
        {
            double u = (i & 1) * 6, v = (i >> 1 & 1) * 4, w = (i >> 2 & 1) * 2;
            return (c * u - s * w, v, s * u + c * w);
        });
        Assert.Equal(5 / 9f, shape.Linearity, 1e-5f);
        Assert.Equal(3 / 9f, shape.Planarity, 1e-5f);
        Assert.Equal(1 / 9f, shape.Scattering, 1e-5f);
        Assert.Equal(1 - c, shape.Verticality, 1e-5);
    }

    [Fact]
    public void Too_few_or_coincident_points_have_no_shape()
    {
        Assert.Equal(default, Of(_ => (5, 5, 5)));
        float[] x = [0, 1, 2];
        Assert.Equal(default, LocalShape.Of(x, x, x, [0, 1, -1]));
    }

    [Fact]
    public void Columns_hold_the_shape_of_each_neighbourhood()
    {
        TestPoints points = TestPoints.Scattered(100, 1);
        int[] neighbors = [.. Enumerable.Range(0, 300).Select(i => i * 7 % 100)];
        float[] linearity = new float[50], planarity = new float[50], scattering = new float[50], verticality = new float[50];
        LocalShape.Compute(points.X, points.Y, points.Z, neighbors, linearity, planarity, scattering, verticality);
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(
                LocalShape.Of(points.X, points.Y, points.Z, neighbors.AsSpan(6 * i, 6)),
                new LocalShape(linearity[i], planarity[i], scattering[i], verticality[i]));
        }
        Assert.Throws<ArgumentException>(() =>
            LocalShape.Compute(points.X, points.Y, points.Z, neighbors.AsSpan(1), linearity, planarity, scattering, verticality));
    }

    private static LocalShape Of(Func<int, (double X, double Y, double Z)> point)
    {
        float[] x = new float[16], y = new float[16], z = new float[16];
        for (int i = 0; i < 16; i++)
            (x[i], y[i], z[i]) = ((float)point(i).X, (float)point(i).Y, (float)point(i).Z);
        return LocalShape.Of(x, y, z, Sixteen);
    }
}
