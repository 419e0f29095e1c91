namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>What many measurements of one thing come to, in the unit in which they were taken.</summary>
/// <param name="Count">Measurements.</param>
/// <param name="Least">The smallest: what the machine can do when nothing disturbs it.</param>
/// <param name="P50">The median.</param>
/// <param name="P95">95 % are at most this.</param>
/// <param name="P99">99 % are at most this.</param>
/// <param name="MedianLow">Lower end of the confidence interval of the median.</param>
/// <param name="MedianHigh">Upper end of it.</param>
/// <param name="Confidence">The chance that the interval holds the true median, at least what was asked for where there are enough measurements.</param>
public sealed record SampleSummary(int Count, double Least, double P50, double P95, double P99, double MedianLow, double MedianHigh, double Confidence)
{
    /// <summary>
    /// Sums measurements up. Percentiles interpolate linearly between neighbours in order (the median of an even number is the mean of the
    /// middle two). The interval lies between two of the measurements, chosen by the binomial distribution: it presumes nothing about how
    /// times are spread, only that one measurement does not depend on the one before. Fewer than six measurements can't reach 95 %: the
    /// interval is then from the least to the largest, and <see cref="Confidence"/> says how little that is.
    /// </summary>
    /// <param name="measurements">In any order; at least one, none NaN.</param>
    /// <param name="confidence">Wished for, above 0 and below 1.</param>
    /// <exception cref="ArgumentException">There are no measurements.</exception>
    public static SampleSummary Of(IReadOnlyCollection<double> measurements, double confidence = 0.95)
    {
        if (measurements.Count == 0) throw new ArgumentException("There is nothing to sum up: no measurements.", nameof(measurements));
        double[] ordered = [.. measurements.Order()];
        (int rank, double reached) = MedianInterval(ordered.Length, confidence);
        return new SampleSummary(
            ordered.Length, ordered[0], Percentile(ordered, 0.5), Percentile(ordered, 0.95), Percentile(ordered, 0.99),
            ordered[rank], ordered[^(rank + 1)], reached);
    }

    private static double Percentile(double[] ordered, double share)
    {
        double at = share * (ordered.Length - 1);
        int below = (int)at, above = Math.Min(below + 1, ordered.Length - 1);
        return ordered[below] + (at - below) * (ordered[above] - ordered[below]);
    }

    /// <summary>
    /// The most measurements that may be left out at each end: the true median lies outside what remains where at most so many of
    /// <paramref name="count"/> fall on one side of it, each with a chance of one half.
    /// </summary>
    private static (int Rank, double Confidence) MedianInterval(int count, double confidence)
    {
        // ln C(count, k) / 2^count, since 2^-count is no double for counts beyond a thousand.
        double logarithm = -count * Math.Log(2), tail = Math.Exp(logarithm);
        (int Rank, double Confidence) best = (0, Math.Max(0, 1 - 2 * tail));
        for (int rank = 1; 2 * rank < count - 1; rank++)
        {
            logarithm += Math.Log((count - rank + 1.0) / rank);
            tail += Math.Exp(logarithm);
            if (1 - 2 * tail < confidence) break;
            best = (rank, 1 - 2 * tail);
        }

        return best;
    }
}
