namespace BatchSegmenter.Geometry.Tests;

public class BallQueryTests
{
    [Fact]
    public void Search_finds_what_the_plain_algorithm_finds()
    {
        for (int count = 1; count <= 256; count++)
        {
            foreach (TestPoints points in TestPoints.OfEveryKind(count, count))
                Compare(points, TestPoints.Lattice(9, count), (count % 4) * 0.5f, 1 + count % 33);
        }
    }

    [Theory]
    [InlineData(0.3f, 8)]
    [InlineData(1f, 32)]
    [InlineData(5f, 64)]
    [InlineData(5f, 128)]
    [InlineData(9f, 129)]
    public void Scan_and_tree_agree_for_large_sets(float radius, int neighborCount)
    {
        foreach (TestPoints points in TestPoints.OfEveryKind(9000, 7))
            Compare(points, TestPoints.Scattered(50, 8), radius, neighborCount);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(500)]
    public void Many_neighbours_of_small_sets_are_those_of_the_plain_algorithm(int neighborCount)
    {
        foreach (TestPoints points in TestPoints.OfEveryKind(777, 9))
            Compare(points, TestPoints.Scattered(30, 8), 3, neighborCount);
    }

    [Fact]
    public void The_radius_is_inclusive_and_hits_come_in_index_order_padded_with_the_first()
    {
        float[] x = [3, 1, 0, 2, 9], zero = new float[5];
        int[] neighbors = new int[5];
        BallQuery.Search(x, zero, zero, [0], [0], [0], 2, 5, neighbors);
        Assert.Equal([1, 2, 3, 1, 1], neighbors);
    }

    [Fact]
    public void A_query_without_hits_gets_the_nearest_point()
    {
        float[] x = [3, 1, 1], zero = new float[3];
        int[] neighbors = new int[2];
        BallQuery.Search(x, zero, zero, [0], [0], [0], 0.5f, 2, neighbors);
        Assert.Equal([1, 1], neighbors);
        BallQuery.Search(x, zero, zero, [float.NaN], [0], [0], 0.5f, 2, neighbors);
        Assert.Equal([0, 0], neighbors);
    }

    [Fact]
    public void Bad_requests_are_refused()
    {
        float[] x = new float[3];
        Assert.Throws<ArgumentException>(() => BallQuery.Search(x, x, x, x, x, x, 1, 2, new int[5]));
        Assert.Throws<ArgumentException>(() => BallQuery.Search([], [], [], x, x, x, 1, 2, new int[6]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BallQuery.Search(x, x, x, x, x, x, float.NaN, 2, new int[6]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BallQuery.Search(x, x, x, x, x, x, 1, 0, []));
        BallQuery.Search([], [], [], [], [], [], 1, 2, []);
    }

    private static void Compare(TestPoints points, TestPoints queries, float radius, int neighborCount)
    {
        int[] expected = new int[queries.Count * neighborCount], found = new int[expected.Length];
        BallQuery.SearchScalar(points.X, points.Y, points.Z, queries.X, queries.Y, queries.Z, radius, neighborCount, expected);
        BallQuery.Search(points.X, points.Y, points.Z, queries.X, queries.Y, queries.Z, radius, neighborCount, found);
        Assert.Equal(expected, found);
        using KdTree tree = new(points.X, points.Y, points.Z);
        BallQuery.Search(points.X, points.Y, points.Z, queries.X, queries.Y, queries.Z, radius, neighborCount, found, tree: tree);
        Assert.Equal(expected, found);
    }
}
