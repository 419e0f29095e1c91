using System.Numerics;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;

namespace BatchSegmenter.Onnx.Tests.Networks.Evaluation;

public class PlainNeighbourhoodsTests
{
    [Fact]
    public void The_farthest_point_comes_next_and_of_equals_the_first()
    {
        // From 1: −3 and 5 are equally far, the first is taken, then the other; then 1's neighbours at distance 2.
        Assert.Equal([0, 1, 2, 3], PlainNeighbourhoods.FarthestPoints(Line(1, -3, 5, 3, -1), 4));
    }

    [Fact]
    public void When_every_position_is_taken_the_first_point_repeats() =>
        Assert.Equal([0, 2, 0], PlainNeighbourhoods.FarthestPoints(Line(1, 1, 2, 2), 3));

    [Fact]
    public void A_ball_holds_the_first_by_index_and_repeats_its_first()
    {
        Vector3[] points = Line(9, 1, 0, 0.5f, 2);

        Assert.Equal([1, 2, 3], PlainNeighbourhoods.Ball(points, Line(0), 1, 3, exclusive: false));
        Assert.Equal([2, 3, 2], PlainNeighbourhoods.Ball(points, Line(0), 1, 3, exclusive: true));
        Assert.Equal([0, 0, 1, 2], PlainNeighbourhoods.Ball(points, Line(9, 0), 1, 2, exclusive: false));
        Assert.Equal([0, 0], PlainNeighbourhoods.Ball(points, Line(50), 1, 2, exclusive: false));
    }

    [Fact]
    public void Distances_are_rounded_at_every_step()
    {
        // 1 + 2⁻²⁴ + 2⁻²⁴ is 1 in float32 from left to right, and 1 + 2⁻²³ in any other order or precision.
        float small = MathF.Pow(2, -12);

        Assert.Equal(1, PlainNeighbourhoods.SquaredDistance(new Vector3(1, small, small), Vector3.Zero));
        Assert.Equal(1 + MathF.Pow(2, -23), PlainNeighbourhoods.SquaredDistance(new Vector3(small, small, 1), Vector3.Zero));
    }

    [Fact]
    public void Three_nearest_come_by_distance_then_index()
    {
        (int[] nearest, double[] weights) = PlainNeighbourhoods.ThreeNearest(Line(0), Line(3, 2, -1, 1, -2), InterpolationWeight.InverseSquaredDistance);

        Assert.Equal([2, 3, 1], nearest);
        Assert.Equal([4 / 9.0, 4 / 9.0, 1 / 9.0], weights, (a, b) => Math.Abs(a - b) < 1e-7);
    }

    [Fact]
    public void A_point_at_a_sample_takes_its_features()
    {
        (int[] nearest, double[] weights) = PlainNeighbourhoods.ThreeNearest(Line(2), Line(0, 2), InterpolationWeight.InverseDistance);

        Assert.Equal([1, 0, 1], nearest);
        Assert.Equal([1, 0, 0], weights, (a, b) => Math.Abs(a - b) < 1e-7);
        Assert.Equal(0, weights[2]);
    }

    private static Vector3[] Line(params float[] x) => [.. x.Select(value => new Vector3(value, 0, 0))];
}
