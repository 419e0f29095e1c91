using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class PointSpacingTests
{
    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2.3)]
    [InlineData(10)]
    public void A_regular_grid_has_the_spacing_that_it_was_made_with(double spacing)
    {
        (double[] x, double[] y) = Grid(spacing, (_, _) => true);

        Assert.Equal(spacing, PointSpacing.Estimate(x, y), 0.05 * spacing);
    }

    [Theory]
    [InlineData(0.001, 0.05)]
    [InlineData(0.05, 0.05)]
    [InlineData(0.19, 0.2)]
    [InlineData(0.21, 0.2)]
    [InlineData(0.39, 0.4)]
    [InlineData(3.2, 3.2)]
    public void Spacings_that_differ_a_little_get_one_step(double spacing, double step) => Assert.Equal(step, PointSpacing.InSteps(spacing), 1e-12);

    [Fact]
    public void Steps_are_never_far()
    {
        for (double spacing = 0.05; spacing < 100; spacing *= 1.01) Assert.InRange(PointSpacing.InSteps(spacing) / spacing, 0.91, 1.1);
    }

    [Fact]
    public void A_river_through_the_survey_does_not_count_as_low_density()
    {
        (double[] x, double[] y) = Grid(1, (column, row) => column is < 40 or > 160 || row < 10);

        Assert.Equal(1, PointSpacing.Estimate(x, y), 0.05);
    }

    [Fact]
    public void The_place_of_a_survey_does_not_matter()
    {
        (double[] x, double[] y) = Grid(1, (_, _) => true);

        Assert.Equal(PointSpacing.Estimate(x, y), PointSpacing.Estimate([.. x.Select(v => v - 4096)], [.. y.Select(v => v + 8192)]), 1e-9);
    }

    [Fact]
    public void It_is_never_less_than_the_least()
    {
        Assert.Equal(0.05, PointSpacing.Estimate([], []));
        Assert.Equal(0.3, PointSpacing.Estimate([1], [1], 0.3));
        Assert.Equal(0.05, PointSpacing.Estimate(new double[10_000], new double[10_000]));
    }

    private static (double[] X, double[] Y) Grid(double spacing, Func<int, int, bool> isThere)
    {
        (int Column, int Row)[] cells = [.. Enumerable.Range(0, 200 * 200).Select(i => (i % 200, i / 200)).Where(cell => isThere(cell.Item1, cell.Item2))];
        return ([.. cells.Select(cell => spacing * (cell.Column + 0.01))], [.. cells.Select(cell => spacing * (cell.Row + 0.01))]);
    }
}
