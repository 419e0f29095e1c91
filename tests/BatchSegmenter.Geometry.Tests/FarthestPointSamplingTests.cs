namespace BatchSegmenter.Geometry.Tests;

public class FarthestPointSamplingTests
{
    [Fact]
    public void Buckets_choose_what_the_plain_algorithm_chooses()
    {
        for (int count = 1; count <= 256; count++)
        {
            foreach (TestPoints points in TestPoints.OfEveryKind(count, count))
                Compare(points, count % 7 % count, count);
        }
    }

    [Theory]
    [InlineData(1000, 1000)]
    [InlineData(4096, 1024)]
    [InlineData(20000, 300)]
    public void Large_sets_agree_too(int count, int samples)
    {
        foreach (TestPoints points in TestPoints.OfEveryKind(count, 11))
            Compare(points, count / 3, samples);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(200)]
    public void A_point_that_is_not_finite_is_never_chosen(int count)
    {
        TestPoints points = TestPoints.Scattered(count, 5);
        points.X[3] = float.NaN;
        points.Z[4] = float.PositiveInfinity;
        int[] samples = new int[count];
        FarthestPointSampling.Sample(points.X, points.Y, points.Z, 0, samples);
        Assert.DoesNotContain(3, samples);
        Assert.DoesNotContain(4, samples);
        Compare(points, 0, count);
        Compare(points, 3, count);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(150)]
    public void Without_finite_points_the_start_repeats(int count)
    {
        float[] x = Enumerable.Repeat(float.NaN, count).ToArray();
        int[] samples = new int[3];
        FarthestPointSampling.Sample(x, x, x, 2, samples);
        Assert.Equal([2, 2, 2], samples);
    }

    [Fact]
    public void Ends_and_middle_of_a_line_come_in_order()
    {
        float[] x = [0, 1, 2, 3, 4], zero = new float[5];
        int[] samples = new int[4];
        FarthestPointSampling.Sample(x, zero, zero, 0, samples);
        Assert.Equal([0, 4, 2, 1], samples); // 1 and 3 are equally far
    }

    [Fact]
    public void Bad_requests_are_refused_and_none_is_allowed()
    {
        float[] x = new float[3];
        Assert.Throws<ArgumentException>(() => FarthestPointSampling.Sample(x, x, x, 0, new int[4]));
        Assert.Throws<ArgumentException>(() => FarthestPointSampling.Sample(x, x, new float[2], 0, new int[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => FarthestPointSampling.Sample(x, x, x, 3, new int[1]));
        FarthestPointSampling.Sample([], [], [], 0, []);
    }

    private static void Compare(TestPoints points, int start, int samples)
    {
        int[] expected = new int[samples], bucketed = new int[samples], chosen = new int[samples];
        FarthestPointSampling.SampleScalar(points.X, points.Y, points.Z, start, expected);
        FarthestPointSampling.SampleBucketed(points.X, points.Y, points.Z, start, bucketed);
        FarthestPointSampling.Sample(points.X, points.Y, points.Z, start, chosen);
        Assert.Equal(expected, bucketed);
        Assert.Equal(expected, chosen);
        using KdTree tree = new(points.X, points.Y, points.Z);
        FarthestPointSampling.Sample(points.X, points.Y, points.Z, start, chosen, tree);
        Assert.Equal(expected, chosen);
    }
}
