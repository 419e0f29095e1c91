using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class PlanGridTests
{
    public static TheoryData<string, int, int> Clouds => new()
    {
        { "random", 2000, 100 },
        { "random", 2000, 1 },
        { "random", 50, 60 },
        { "lattice", 900, 77 },
        { "line", 1500, 64 },
        { "one place", 300, 10 },
        { "two clusters", 1000, 700 },
        { "one point", 1, 3 },
    };

    [Theory]
    [MemberData(nameof(Clouds))]
    public void The_nearest_are_those_of_a_search_through_all_points(string cloud, int count, int wanted)
    {
        Random random = new(count);
        float[] x = new float[count], y = new float[count];
        for (int i = 0; i < count; i++)
            (x[i], y[i]) = cloud switch
            {
                "lattice" => (i % 30, i / 30),
                "line" => (0.25f * i, 3),
                "one place" => (7, 7),
                "two clusters" => (random.NextSingle() + 500 * (i % 2), random.NextSingle()),
                _ => (100 * random.NextSingle(), 60 * random.NextSingle()),
            };
        PlanGrid grid = new(x, y);

        foreach ((float left, float bottom, float right, float top) in
            ((float, float, float, float)[])[(40, 20, 50, 30), (7, 7, 7, 7), (-900, -900, -800, -800), (-10, -10, 600, 600), (99, 1, 99.5f, 1.5f)])
        {
            int[] nearest = new int[Math.Min(wanted, count)];
            grid.NearestTo(left, bottom, right, top, nearest);
            Assert.Equal(Nearest(left, bottom, right, top), nearest);
        }

        int[] Nearest(float left, float bottom, float right, float top) =>
        [
            .. Enumerable.Range(0, count).OrderBy(i =>
            {
                float dx = Math.Max(0, Math.Max(left - x[i], x[i] - right)), dy = Math.Max(0, Math.Max(bottom - y[i], y[i] - top));
                return dx * dx + dy * dy;
            }).ThenBy(i => i).Take(wanted),
        ];
    }

    [Fact]
    public void Nothing_can_be_asked_of_no_points() => new PlanGrid([], []).NearestTo(0, 0, 1, 1, []);
}
