namespace BatchSegmenter.Geometry.Tests;

public class KdTreeTests
{
    [Fact]
    public void A_tree_in_plan_ignores_height()
    {
        TestPoints points = TestPoints.Lattice(3000, 2, steps: 40);
        using KdTree tree = KdTree.InPlan(points.X, points.Y);
        int[] expected = new int[12], found = new int[12];
        float[] expectedDistances = new float[12], distances = new float[12], zeros = new float[3000];
        for (int q = 0; q < 100; q++)
        {
            float x = points.X[q] + 0.1f, y = points.Y[q];
            KNearestNeighbors.SearchScalar(points.X, points.Y, zeros, [x], [y], [0], 12, expected, expectedDistances);
            Assert.Equal(12, tree.Nearest(x, y, 0, found, distances));
            Assert.Equal(expected, found);
            Assert.Equal(expectedDistances, distances);
        }
    }

    [Fact]
    public void Points_that_are_not_finite_are_left_out()
    {
        float[] x = [0, float.NaN, 2, float.NegativeInfinity], zero = new float[4];
        using KdTree tree = new(x, zero, zero);
        int[] indices = new int[3];
        Assert.Equal(2, tree.Count);
        Assert.Equal(2, tree.Nearest(3, 0, 0, indices, new float[3]));
        Assert.Equal([2, 0, -1], indices);
    }

    [Fact]
    public void An_empty_tree_and_a_query_that_is_no_number_find_nothing()
    {
        int[] indices = new int[2];
        float[] distances = new float[2];
        using KdTree empty = new([], [], []);
        Assert.Equal(0, empty.Nearest(0, 0, 0, indices, distances));
        Assert.Equal([-1, -1], indices);
        float[] zero = new float[20];
        using KdTree tree = new(zero, zero, zero);
        Assert.Equal(0, tree.Nearest(float.NaN, 0, 0, indices, distances));
        Assert.Equal(0, tree.Nearest(0, 0, 0, [], []));
    }

    [Fact]
    public void Leaves_hold_every_point_once_ascending_by_index()
    {
        TestPoints points = TestPoints.Uneven(1234, 6);
        using KdTree tree = new(points.X, points.Y, points.Z);
        int[] indices = tree.Indices[..1234].ToArray();
        Assert.Equal(Enumerable.Range(0, 1234), indices.Order());
        Assert.All(indices.Chunk(16), leaf => Assert.Equal(leaf.Order(), leaf));
        for (int i = 0; i < indices.Length; i++)
            Assert.Equal(points.X[indices[i]], tree.X[i]);
    }

    [Fact]
    public void Many_threads_find_the_same()
    {
        TestPoints points = TestPoints.Lattice(5000, 1, steps: 30);
        using KdTree tree = new(points.X, points.Y, points.Z);
        int[][] first = Query(), second = Query();
        Assert.Equal(first, second);

        int[][] Query() => ParallelEnumerable.Range(0, 500).AsOrdered().Select(i =>
        {
            int[] indices = new int[16];
            tree.Nearest(points.X[i], points.Y[i], points.Z[i], indices, new float[16]);
            return indices;
        }).ToArray();
    }
}
