using BatchSegmenter.Onnx.Pruning;

namespace BatchSegmenter.Onnx.Tests.Pruning;

public sealed class ChannelRemovalTests
{
    private const int Points = 500;

    [Fact]
    public void A_channel_that_is_always_zero_goes_first_and_changes_nothing()
    {
        double[][] points = Random(4, (_, channels) => channels[2] = 0);
        double[][] columns = Columns(5, 3);

        RemainingChannels remaining = ChannelRemoval.Remove(Moments(points), columns, 1);

        Assert.Equal([2], remaining.Removed);
        Assert.Equal([0.0], remaining.Errors);
        foreach (int other in (int[])[0, 1, 3, 4]) Assert.Equal(columns[other], remaining.Columns[other]);
        Assert.All(remaining.Columns[2], weight => Assert.Equal(0, weight));
    }

    [Fact]
    public void A_constant_channel_goes_into_the_biases()
    {
        double[][] points = Random(4, (_, channels) => channels[1] = 0.7);
        double[][] columns = Columns(5, 3);

        RemainingChannels remaining = ChannelRemoval.Remove(Moments(points), columns, 1);

        Assert.Equal([1], remaining.Removed);
        Assert.InRange(Change(points, columns, remaining.Columns), 0, 1e-5);
        for (int row = 0; row < 3; row++) Assert.Equal(columns[4][row] + 0.7 * columns[1][row], remaining.Columns[4][row], 2e-3);
    }

    [Fact]
    public void A_sum_of_others_is_taken_over_by_them()
    {
        double[][] points = Random(4, (_, channels) => channels[3] = channels[0] + 2 * channels[1]);
        double[][] columns = Columns(5, 3);

        RemainingChannels remaining = ChannelRemoval.Remove(Moments(points), columns, 1);

        // Which of the three goes is for the weights to say; the other two and the rest give what all four gave.
        Assert.NotEqual([2], remaining.Removed);
        Assert.InRange(Change(points, columns, remaining.Columns), 0, 1e-5);
    }

    [Fact]
    public void What_remains_is_the_least_squares_of_what_was()
    {
        double[][] points = Random(6, (_, _) => { });
        double[][] columns = Columns(7, 4);

        RemainingChannels remaining = ChannelRemoval.Remove(Moments(points), columns, 3);

        Assert.Equal(3, remaining.Removed.Distinct().Count());
        double change = Change(points, columns, remaining.Columns);
        Assert.InRange(change, remaining.Errors[^1] * 0.98, remaining.Errors[^1] * 1.02);
        Assert.Equal(remaining.Errors.Order(), remaining.Errors);
        // No small step from there does better by more than damping explains.
        foreach (int channel in Enumerable.Range(0, 7).Except(remaining.Removed))
        {
            foreach (double step in (double[])[-0.05, 0.05])
            {
                double[][] other = [.. remaining.Columns.Select(column => (double[])column.Clone())];
                other[channel][1] += step;
                Assert.True(Change(points, columns, other) > change, $"channel {channel} by {step}");
            }
        }
    }

    [Fact]
    public void Of_the_channels_that_nobody_can_replace_the_least_read_goes_first()
    {
        double[][] points = Random(4, (_, _) => { });
        double[][] columns = Columns(5, 3);
        for (int row = 0; row < 3; row++) columns[1][row] *= 0.01;

        Assert.Equal(1, ChannelRemoval.Remove(Moments(points), columns, 3).Removed[0]);
    }

    [Fact]
    public void One_channel_at_least_must_remain()
    {
        double[][] points = Random(2, (_, _) => { });

        Assert.Throws<ArgumentOutOfRangeException>(() => ChannelRemoval.Remove(Moments(points), Columns(3, 2), 2));
        Assert.Throws<ArgumentException>(() => ChannelRemoval.Remove(new double[4], Columns(3, 2), 1));
    }

    /// <summary>Numbers of 0 to 1 and the constant 1, and what a test makes of them.</summary>
    private static double[][] Random(int channels, Action<int, double[]> change)
    {
        Random random = new(1);
        double[][] points = new double[Points][];
        for (int i = 0; i < Points; i++)
        {
            points[i] = [.. Enumerable.Range(0, channels).Select(_ => random.NextDouble()), 1];
            change(i, points[i]);
        }
        return points;
    }

    private static double[][] Columns(int channels, int rows)
    {
        Random random = new(2);
        return [.. Enumerable.Range(0, channels).Select(_ => Enumerable.Range(0, rows).Select(_ => random.NextDouble() - 0.5).ToArray())];
    }

    private static double[] Moments(double[][] points)
    {
        int size = points[0].Length;
        return [.. Enumerable.Range(0, size * size).Select(i => points.Average(point => point[i / size] * point[i % size]))];
    }

    /// <summary>Mean squared change over points, summed over rows.</summary>
    private static double Change(double[][] points, double[][] before, double[][] after) => points.Average(point =>
        Enumerable.Range(0, before[0].Length).Sum(row => Math.Pow(Enumerable.Range(0, point.Length).Sum(channel => point[channel] * (after[channel][row] - before[channel][row])), 2)));
}
