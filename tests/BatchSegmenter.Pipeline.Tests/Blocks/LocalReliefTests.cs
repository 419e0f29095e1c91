using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class LocalReliefTests
{
    [Theory]
    [InlineData(0, 1.7f, 300)]
    [InlineData(1, 1.7f, 300)]
    [InlineData(4, 1.7f, 300)]
    [InlineData(4, 0.3f, 40)]
    [InlineData(2, 100, 50)]
    [InlineData(3, 1, 1)]
    public void It_agrees_with_a_search_through_all_points(int radius, float cell, int count)
    {
        Random random = new(count + radius);
        float[] x = Values(30, -10), y = Values(20, 5), z = Values(50, -25);
        float[] low = new float[count], high = new float[count];

        LocalRelief.Measure(x, y, z, cell, radius, low, high);

        int[] column = [.. x.Select(v => (int)((v - x.Min()) / cell))], row = [.. y.Select(v => (int)((v - y.Min()) / cell))];
        for (int i = 0; i < count; i++)
        {
            float[] window = [.. Enumerable.Range(0, count).Where(j => Math.Abs(column[j] - column[i]) <= radius && Math.Abs(row[j] - row[i]) <= radius).Select(j => z[j])];
            Assert.Equal((window.Min(), window.Max()), (low[i], high[i]));
        }

        float[] Values(float range, float least) => [.. Enumerable.Range(0, count).Select(_ => least + range * random.NextSingle())];
    }

    [Fact]
    public void No_points_are_no_work() => LocalRelief.Measure([], [], [], 1, 1, [], []);
}
