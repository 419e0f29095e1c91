using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class IntensityRankTests
{
    [Fact]
    public void A_rank_is_the_share_below_and_half_of_the_equals()
    {
        IntensityRank rank = IntensityRank.From(Histogram((10, 2), (20, 6), (65535, 2)))!;

        Assert.Equal([0f, 0.1f, 0.2f, 0.5f, 0.8f, 0.9f], new ushort[] { 9, 10, 15, 20, 21, 65535 }.Select(intensity => rank[intensity]));
    }

    [Fact]
    public void A_sensor_with_another_scale_gives_the_same_ranks()
    {
        IntensityRank low = IntensityRank.From(Histogram((1, 3), (2, 5), (3, 1)))!, high = IntensityRank.From(Histogram((1000, 3), (20_000, 5), (60_000, 1)))!;

        Assert.Equal((low[1], low[2], low[3]), (high[1000], high[20_000], high[60_000]));
    }

    [Fact]
    public void One_intensity_for_all_points_is_none()
    {
        Assert.Null(IntensityRank.From(Histogram((0, 100))));
        Assert.Null(IntensityRank.From(Histogram()));
    }

    private static long[] Histogram(params (int Intensity, long Points)[] counts)
    {
        long[] histogram = new long[65536];
        foreach ((int intensity, long points) in counts) histogram[intensity] = points;
        return histogram;
    }
}
