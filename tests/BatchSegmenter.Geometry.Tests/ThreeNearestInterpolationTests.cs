namespace BatchSegmenter.Geometry.Tests;

public class ThreeNearestInterpolationTests
{
    [Fact]
    public void Weights_are_those_of_the_plain_algorithm()
    {
        for (int count = 1; count <= 300; count++)
        {
            foreach (TestPoints coarse in TestPoints.OfEveryKind(count, count))
            {
                TestPoints fine = TestPoints.Lattice(1 + count % 40, count);
                int[] expected = new int[3 * fine.Count], nearest = new int[3 * fine.Count];
                float[] expectedWeights = new float[3 * fine.Count], weights = new float[3 * fine.Count];
                ThreeNearestInterpolation.WeightsScalar(coarse.X, coarse.Y, coarse.Z, fine.X, fine.Y, fine.Z, expected, expectedWeights);
                ThreeNearestInterpolation.Weights(coarse.X, coarse.Y, coarse.Z, fine.X, fine.Y, fine.Z, nearest, weights);
                Assert.Equal(expected, nearest);
                Assert.Equal(expectedWeights, weights);
                Assert.All(weights.Chunk(3), w => Assert.Equal(1, w.Sum(), 1e-6));
            }
        }
    }

    /// <summary>Sets that are searched by leaves; 20,000 coarse points are more than that, and a fine point in nowhere makes them scan.</summary>
    [Theory]
    [InlineData(1024, 4096, false)]
    [InlineData(1000, 1017, false)]
    [InlineData(128, 129, false)]
    [InlineData(5000, 300, false)]
    [InlineData(20_000, 200, false)]
    [InlineData(1000, 500, true)]
    public void Large_sets_give_the_weights_of_the_plain_algorithm(int coarseCount, int fineCount, bool nowhere)
    {
        foreach (TestPoints coarse in TestPoints.OfEveryKind(coarseCount, 3).Append(TestPoints.Lattice(coarseCount, 3, steps: 40)))
        {
            foreach (TestPoints fine in (TestPoints[])[TestPoints.Scattered(fineCount, 4), TestPoints.Uneven(fineCount, 5), TestPoints.Lattice(fineCount, 6, steps: 40)])
            {
                if (nowhere) fine.Y[77] = float.NaN;
                int[] expected = new int[3 * fine.Count], nearest = new int[3 * fine.Count];
                float[] expectedWeights = new float[3 * fine.Count], weights = new float[3 * fine.Count];
                ThreeNearestInterpolation.WeightsScalar(coarse.X, coarse.Y, coarse.Z, fine.X, fine.Y, fine.Z, expected, expectedWeights);
                ThreeNearestInterpolation.Weights(coarse.X, coarse.Y, coarse.Z, fine.X, fine.Y, fine.Z, nearest, weights);
                Assert.Equal(expected, nearest);
                Assert.Equal(expectedWeights, weights);
                using KdTree coarseTree = new(coarse.X, coarse.Y, coarse.Z), fineTree = new(fine.X, fine.Y, fine.Z);
                ThreeNearestInterpolation.Weights(coarse.X, coarse.Y, coarse.Z, fine.X, fine.Y, fine.Z, nearest, weights, squared: true, coarseTree, fineTree);
                Assert.Equal(expected, nearest);
                Assert.Equal(expectedWeights, weights);
            }
        }
    }

    [Fact]
    public void Points_too_far_for_float32_have_no_nearest()
    {
        TestPoints coarse = TestPoints.Scattered(300, 1), fine = TestPoints.Scattered(200, 2);
        fine.X[5] = 1e30f;
        int[] nearest = new int[600];
        float[] weights = new float[600];
        ThreeNearestInterpolation.Weights(coarse.X, coarse.Y, coarse.Z, fine.X, fine.Y, fine.Z, nearest, weights);
        Assert.Equal([0, 0, 0], nearest[15..18]);
        Assert.Equal([1, 0, 0], weights[15..18]);
    }

    [Fact]
    public void Weights_fall_with_the_squared_distance()
    {
        int[] nearest = new int[3];
        float[] weights = new float[3];
        ThreeNearestInterpolation.Weights([2, 1, 9, -1], new float[4], new float[4], [0], [0], [0], nearest, weights);
        Assert.Equal([1, 3, 0], nearest);
        Assert.Equal([4f / 9, 4f / 9, 1f / 9], weights, (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void Too_few_coarse_points_repeat_the_nearest_without_weight()
    {
        int[] nearest = new int[3];
        float[] weights = new float[3];
        ThreeNearestInterpolation.Weights([5, 1], new float[2], new float[2], [1], [0], [0], nearest, weights);
        Assert.Equal([1, 0, 1], nearest);
        Assert.Equal(0, weights[2]);
        ThreeNearestInterpolation.Weights([5], new float[1], new float[1], [1], [0], [0], nearest, weights);
        Assert.Equal([0, 0, 0], nearest);
        Assert.Equal([1, 0, 0], weights);
        Assert.Throws<ArgumentException>(() => ThreeNearestInterpolation.Weights([], [], [], [1], [0], [0], nearest, weights));
    }
}
