using BatchSegmenter.Inference.Calibration;

namespace BatchSegmenter.Inference.Tests.Calibration;

public sealed class ActivationRangeTests
{
    [Fact]
    public void Without_outliers_to_leave_out_it_is_the_ends() => Assert.Equal((-3f, 9f), Seen([1, -3, 9, 2], [4]).Without(0));

    [Fact]
    public void A_share_of_outliers_at_either_end_is_left_out()
    {
        float[] most = [.. Enumerable.Range(0, 998).Select(i => i / 998f)];

        (float least, float greatest) = Seen(most, [-100, 100]).Without(0.001);

        // To the width of one of 4096 bins.
        Assert.InRange(least, -200 / 4096f, 0);
        Assert.InRange(greatest, 1, 1 + 200 / 4096f);
    }

    [Fact]
    public void What_is_no_outlier_is_not_cut()
    {
        // Half of the numbers are 0, as after ReLU: the lower end stays exactly there.
        float[] values = [.. Enumerable.Range(0, 1000).Select(i => i < 500 ? 0 : i / 100f)];

        Assert.Equal((0f, 9.99f), Seen(values).Without(0.0005));
    }

    [Fact]
    public void One_number_alone_is_a_range() => Assert.Equal((5f, 5f), Seen([5, 5, 5]).Without(0.1));

    private static ActivationRange Seen(params float[][] tensors)
    {
        ActivationRange range = new();
        foreach (float[] tensor in tensors) range.Widen(tensor);
        foreach (float[] tensor in tensors) range.Count(tensor);
        return range;
    }
}
