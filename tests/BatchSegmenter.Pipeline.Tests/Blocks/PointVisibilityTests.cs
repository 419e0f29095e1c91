using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class PointVisibilityTests
{
    [Theory]
    [InlineData(0, 0, 0, 2, ClassificationFlags.None, true)]
    [InlineData(500_000, -500_000, 500_000, 2, ClassificationFlags.None, true)]
    [InlineData(500_001, 0, 0, 2, ClassificationFlags.None, false)]
    [InlineData(0, -500_001, 0, 2, ClassificationFlags.None, false)]
    [InlineData(0, 0, 1e9, 2, ClassificationFlags.None, false)]
    [InlineData(double.NaN, 0, 0, 2, ClassificationFlags.None, false)]
    [InlineData(0, double.NegativeInfinity, 0, 2, ClassificationFlags.None, false)]
    [InlineData(0, 0, double.NaN, 2, ClassificationFlags.None, false)]
    [InlineData(0, 0, 0, 7, ClassificationFlags.None, false)]
    [InlineData(0, 0, 0, 18, ClassificationFlags.None, false)]
    [InlineData(0, 0, 0, 6, ClassificationFlags.None, true)]
    [InlineData(0, 0, 0, 2, ClassificationFlags.Withheld | ClassificationFlags.Overlap, false)]
    [InlineData(0, 0, 0, 2, ClassificationFlags.Synthetic | ClassificationFlags.KeyPoint | ClassificationFlags.Overlap, true)]
    public void Noise_withheld_points_and_impossible_positions_are_hidden(double x, double y, double z, byte code, ClassificationFlags flags, bool isVisible)
    {
        PointColumns points = Points(3);
        (points.X[1], points.Y[1], points.Z[1], points.Classification![1], points.ClassificationFlags![1]) = (x, y, z, code, flags);

        Assert.Equal(isVisible ? [0, 1, 2] : [0, 2], new PointVisibility([7, 18]).Visible(points));
    }

    [Fact]
    public void Withheld_points_are_seen_where_that_is_asked_for()
    {
        PointColumns points = Points(2);
        points.ClassificationFlags![1] = ClassificationFlags.Withheld;

        Assert.Equal([0, 1], new PointVisibility([7, 18], hidesWithheld: false).Visible(points));
    }

    [Fact]
    public void Strays_are_judged_by_the_middle_of_the_survey()
    {
        PointColumns points = Points(3);
        (points.Y[0], points.Y[1], points.Y[2]) = (5_300_000, 5_900_000, 0);

        Assert.Equal([0], new PointVisibility([7]).Visible(points, (0, 5_300_100)));
    }

    [Fact]
    public void No_points_are_no_visible_points() => Assert.Empty(new PointVisibility([7]).Visible(Points(0)));

    private static PointColumns Points(int count) => new(count, PointVisibility.Attributes) { Count = count };
}
