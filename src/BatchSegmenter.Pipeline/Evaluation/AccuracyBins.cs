namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>How many points were right, apart by a measure: bin <c>i</c> holds values from edge <c>i</c> up to but without edge <c>i + 1</c>.</summary>
internal sealed class AccuracyBins(params double[] edges)
{
    private readonly long[] _points = new long[edges.Length - 1];
    private readonly long[] _correct = new long[edges.Length - 1];
    private readonly double[] _sum = new double[edges.Length - 1];

    /// <summary>Deciles of confidence; the last holds 1 as well.</summary>
    public static AccuracyBins Confidence() => new(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, double.PositiveInfinity);

    /// <summary>Metres above ground.</summary>
    public static AccuracyBins Height() => new(double.NegativeInfinity, 0.5, 2, 5, 10, 20, double.PositiveInfinity);

    /// <summary>Points per square metre.</summary>
    public static AccuracyBins Density() => new(0, 0.5, 1, 2, 5, 10, 20, 50, double.PositiveInfinity);

    /// <summary>Counts one point; NaN belongs to no bin.</summary>
    public void Add(double value, bool correct)
    {
        if (double.IsNaN(value)) return;
        int bin = 0;
        while (bin < _points.Length - 1 && value >= edges[bin + 1]) bin++;
        _points[bin]++;
        _sum[bin] += value;
        if (correct) _correct[bin]++;
    }

    /// <summary>Adds the counts of another set of the same edges.</summary>
    public void Add(AccuracyBins other)
    {
        for (int bin = 0; bin < _points.Length; bin++)
        {
            _points[bin] += other._points[bin];
            _correct[bin] += other._correct[bin];
            _sum[bin] += other._sum[bin];
        }
    }

    /// <summary>The bins that hold points.</summary>
    public IReadOnlyList<BinScore> Scores() =>
    [
        .. Enumerable.Range(0, _points.Length).Where(bin => _points[bin] > 0).Select(bin => new BinScore(
            double.IsInfinity(edges[bin]) ? null : edges[bin], double.IsInfinity(edges[bin + 1]) ? null : edges[bin + 1],
            _points[bin], _sum[bin] / _points[bin], (double)_correct[bin] / _points[bin])),
    ];
}
