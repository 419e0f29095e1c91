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
