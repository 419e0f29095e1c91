using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class SurroundingAreaTests
{
    [Theory]
    [InlineData(40)]
    [InlineData(3.7)]
    [InlineData(124)]
    public void All_within_the_margin_is_near_and_nothing_far_beyond_it(double margin)
    {
        Random random = new(1);
        (double X, double Y)[] own = [.. Enumerable.Range(0, 200).Select(_ => (500_000 + 300 * random.NextDouble(), -20 + 300 * random.NextDouble()))];
        SurroundingArea area = Around(margin, own);

        for (int i = 0; i < 5000; i++)
        {
            (double x, double y) = (499_700 + 900 * random.NextDouble(), -320 + 900 * random.NextDouble());
            double nearest = own.Min(point => Math.Max(Math.Abs(point.X - x), Math.Abs(point.Y - y)));
            if (nearest <= margin) Assert.True(area.Contains(x, y));
            if (nearest > 1.5 * margin) Assert.False(area.Contains(x, y));
        }
    }

    [Fact]
    public void A_stray_point_brings_its_own_surroundings_and_not_what_lies_between()
    {
        SurroundingArea area = Around(100, [(0, 0), (50_000, 0), (double.NaN, 0), (0, double.PositiveInfinity)]);

        Assert.Equal([true, true, false, false], new[] { 40.0, 49_950, 25_000, double.NaN }.Select(x => area.Contains(x, 40)));
    }

    [Fact]
    public void So_wide_a_survey_that_cells_must_grow_gives_the_same_in_any_order()
    {
        Random random = new(2);
        (double X, double Y)[] own = [.. Enumerable.Range(0, 100_000).Select(_ => (1e6 * random.NextDouble(), 1e6 * random.NextDouble()))];
        SurroundingArea area = Around(10, own), backwards = Around(10, own.Reverse());

        Assert.All(own.Take(1000), point => Assert.True(area.Contains(point.X + 9.9, point.Y - 9.9)));
        for (int i = 0; i < 5000; i++)
        {
            (double x, double y) = (1.1e6 * random.NextDouble(), 1.1e6 * random.NextDouble());
            Assert.Equal(area.Contains(x, y), backwards.Contains(x, y));
        }
    }

    private static SurroundingArea Around(double margin, IEnumerable<(double X, double Y)> points)
    {
        SurroundingArea area = new(margin);
        foreach ((double x, double y) in points) area.Add(x, y);
        return area;
    }
}
