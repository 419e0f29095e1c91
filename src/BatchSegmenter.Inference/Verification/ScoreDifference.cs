using System.Text.Json.Nodes;

namespace BatchSegmenter.Inference.Verification;

/// <summary>How far scores are from those that they must be.</summary>
internal sealed class ScoreDifference
{
    private int _rows;
    private int _agreeing;
    private int _undecided;
    private double _largest;
    private double _sum;
    private long _count;

    /// <summary>Largest absolute difference.</summary>
    public double Largest => _largest;

    /// <summary>Mean absolute difference.</summary>
    public double Mean => _count == 0 ? 0 : _sum / _count;

    /// <summary>Share of the rows that have the same label, of those that are clear.</summary>
    public double Agreement => _rows == _undecided ? 1 : (double)_agreeing / (_rows - _undecided);

    /// <summary>Adds rows.</summary>
    /// <param name="expected">[rows, classes].</param>
    /// <param name="found">[rows, classes].</param>
    /// <param name="classes">Columns.</param>
    /// <param name="unclear">Rows whose best two expected scores lie at most so far apart have no clear label; below 0 all rows have.</param>
    public void Add(ReadOnlySpan<double> expected, ReadOnlySpan<float> found, int classes, double unclear)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs(expected[i] - found[i]);
            if (double.IsNaN(difference)) difference = double.PositiveInfinity;
            _largest = Math.Max(_largest, difference);
            _sum += difference;
        }
        _count += expected.Length;
        for (int row = 0; row < expected.Length; row += classes)
        {
            ReadOnlySpan<double> wanted = expected.Slice(row, classes);
            int best = 0, second = -1, label = 0;
            for (int c = 1; c < classes; c++)
            {
                if (wanted[c] > wanted[best]) (best, second) = (c, best);
                else if (second < 0 || wanted[c] > wanted[second]) second = c;
                if (found[row + c] > found[row + label]) label = c;
            }
            _rows++;
            if (wanted[best] - wanted[second] <= unclear) _undecided++;
            else if (label == best) _agreeing++;
        }
    }

    public JsonObject Figures() => new()
    {
        ["rows"] = _rows,
        ["largestDifference"] = _largest,
        ["meanDifference"] = Mean,
        ["labelAgreement"] = Agreement,
        ["rowsWithoutClearLabel"] = _undecided,
    };
}
