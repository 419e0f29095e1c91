using BatchSegmenter.Inference.Benchmarking;

namespace BatchSegmenter.Inference.Tests.Benchmarking;

public sealed class SampleSummaryTests
{
    [Fact]
    public void Percentiles_lie_between_neighbours_in_order()
    {
        SampleSummary summary = SampleSummary.Of([.. Enumerable.Range(1, 101).Select(i => (double)i).Reverse()]);
        Assert.Equal((101, 1.0, 51.0, 96.0, 100.0), (summary.Count, summary.Least, summary.P50, summary.P95, summary.P99));
        Assert.Equal(2.5, SampleSummary.Of([4, 1, 3, 2]).P50);
        Assert.Equal(3.85, SampleSummary.Of([4, 1, 3, 2]).P95, 12);
    }

    // Ranks and confidences of the sign test's interval, from tables of the binomial distribution: n, lower rank (from 1), confidence.
    [Theory]
    [InlineData(6, 1, 0.96875)]
    [InlineData(9, 2, 0.9609375)]
    [InlineData(10, 2, 0.978515625)]
    [InlineData(20, 6, 0.958610534667969)]
    [InlineData(100, 40, 0.964799799782)]
    public void The_interval_of_the_median_is_that_of_the_sign_test(int count, int rank, double confidence)
    {
        SampleSummary summary = SampleSummary.Of([.. Enumerable.Range(1, count).Select(i => (double)i)]);
        Assert.Equal((rank, count + 1.0 - rank), (summary.MedianLow, summary.MedianHigh));
        Assert.Equal(confidence, summary.Confidence, 9);
    }

    [Fact]
    public void Few_measurements_say_how_little_their_interval_is_worth()
    {
        Assert.Equal((7.0, 7.0, 0.0), Interval([7]));
        Assert.Equal((7.0, 9.0, 0.75), Interval([9, 8, 7]));

        static (double, double, double) Interval(double[] measurements)
        {
            SampleSummary summary = SampleSummary.Of(measurements);
            return (summary.MedianLow, summary.MedianHigh, summary.Confidence);
        }
    }

    [Fact]
    public void Many_measurements_have_a_narrow_interval_of_the_confidence_asked_for()
    {
        // Half the width is about 0.98 times the root of the count.
        SampleSummary summary = SampleSummary.Of([.. Enumerable.Range(1, 40_000).Select(i => (double)i)]);
        Assert.InRange(summary.MedianLow, 20_000 - 200, 20_000 - 190);
        Assert.InRange(summary.Confidence, 0.95, 0.951);
    }

    [Fact]
    public void The_interval_holds_the_true_median_as_often_as_it_says()
    {
        Random random = new(1);
        int held = 0;
        for (int trial = 0; trial < 2000; trial++)
        {
            SampleSummary summary = SampleSummary.Of([.. Enumerable.Range(0, 15).Select(_ => -Math.Log(1 - random.NextDouble()))]);
            if (summary.MedianLow <= Math.Log(2) && summary.MedianHigh >= Math.Log(2)) held++;
        }

        Assert.InRange(held / 2000.0, 0.9648 - 0.015, 0.9648 + 0.015);
    }

    [Fact]
    public void Nothing_cannot_be_summed_up() => Assert.Throws<ArgumentException>(() => SampleSummary.Of([]));
}
