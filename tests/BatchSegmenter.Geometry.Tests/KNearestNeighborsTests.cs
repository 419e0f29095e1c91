namespace BatchSegmenter.Geometry.Tests;

public class KNearestNeighborsTests
{
    [Fact]
    public void Scan_and_tree_find_what_sorting_finds()
    {
        for (int count = 0; count <= 256; count++)
        {
            foreach (TestPoints points in TestPoints.OfEveryKind(count, count))
                Compare(points, TestPoints.Lattice(5, count), 1 + count % 20);
        }
    }

    [Theory]
    [InlineData(5000, 16)]
    [InlineData(70000, 100)]
    public void Large_sets_agree_too(int count, int neighborCount)
    {
        foreach (TestPoints points in TestPoints.OfEveryKind(count, 4))
            Compare(points, TestPoints.Scattered(5, 9), neighborCount);
    }

    [Fact]
    public void Equal_distances_are_ordered_by_index_and_missing_neighbours_marked()
    {
        float[] x = [1, -1, 0, float.NaN], zero = new float[4];
        int[] indices = new int[4];
        float[] distances = new float[4];
        KNearestNeighbors.Search(x, zero, zero, [0], [0], [0], 4, indices, distances);
        Assert.Equal([2, 0, 1, -1], indices);
        Assert.Equal([0, 1, 1, float.PositiveInfinity], distances);
    }

    [Fact]
    public void Bad_requests_are_refused()
    {
        float[] x = new float[3];
        Assert.Throws<ArgumentException>(() => KNearestNeighbors.Search(x, x, x, x, x, x, 2, new int[5], new float[6]));
        Assert.Throws<ArgumentException>(() => KNearestNeighbors.Search(x, x, x, x, x, x, 2, new int[6], new float[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => KNearestNeighbors.Search(x, x, x, x, x, x, 0, [], []));
    }

    private static void Compare(TestPoints points, TestPoints queries, int neighborCount)
    {
        int length = queries.Count * neighborCount;
        int[] expected = new int[length], found = new int[length];
        float[] expectedDistances = new float[length], distances = new float[length];
        KNearestNeighbors.SearchScalar(
            points.X, points.Y, points.Z, queries.X, queries.Y, queries.Z, neighborCount, expected, expectedDistances);
        KNearestNeighbors.Search(points.X, points.Y, points.Z, queries.X, queries.Y, queries.Z, neighborCount, found, distances);
        Assert.Equal(expected, found);
        Assert.Equal(expectedDistances, distances);

        using KdTree tree = new(points.X, points.Y, points.Z);
        for (int q = 0; q < queries.Count; q++)
        {
            tree.Nearest(
                queries.X[q], queries.Y[q], queries.Z[q],
                found.AsSpan(q * neighborCount, neighborCount), distances.AsSpan(q * neighborCount, neighborCount));
        }
        Assert.Equal(expected, found);
        Assert.Equal(expectedDistances, distances);
    }
}
