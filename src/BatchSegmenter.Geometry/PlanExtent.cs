namespace BatchSegmenter.Geometry;

/// <summary>The extent of points in plan without far outliers, measured run by run: what a <see cref="MinimumGrid"/> is laid over.</summary>
/// <remarks>
/// Far outliers: the points (of a sample) but for the outermost 0.1 %, at least one, on each side span an inner extent in x and in y. Points
/// beyond it by more than half its width plus ten cells are left out, so outliers at most about double the grid along an axis.
/// </remarks>
/// <param name="count">How many points will be added.</param>
public sealed class PlanExtent(long count)
{
    /// <summary>The points that the extent is judged by.</summary>
    private const int MostSampled = 1 << 16;

    private readonly Axis _x = new(), _y = new();
    private readonly long _step = Math.Max(1, count / MostSampled);
    private long _added;

    /// <summary>Adds points.</summary>
    /// <param name="x">x of each point, metres in a local frame.</param>
    /// <param name="y">y of each point.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public void Add(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Arguments.Length(y.Length, x.Length, nameof(y));
        for (int i = 0; i < x.Length; i++, _added++)
        {
            bool isSampled = _added % _step == 0;
            _x.Add(x[i], isSampled);
            _y.Add(y[i], isSampled);
        }
    }

    /// <summary>An empty grid over the extent; one cell if no point is finite.</summary>
    /// <param name="spacing">The typical distance of neighbouring points in plan, in metres: a cell is max(1 m, 2 × spacing).</param>
    /// <param name="isFreeOfOrder">See <see cref="MinimumGrid.IsFreeOfOrder"/>.</param>
    public MinimumGrid Grid(double spacing, bool isFreeOfOrder = false)
    {
        double cell = Math.Max(1, 2 * spacing);
        (double minX, double maxX) = _x.Range(10 * cell);
        (double minY, double maxY) = _y.Range(10 * cell);
        return new MinimumGrid(minX, minY, maxX, maxY, cell) { IsFreeOfOrder = isFreeOfOrder };
    }

    private sealed class Axis
    {
        private readonly List<double> _sample = [];
        private double _min = double.PositiveInfinity, _max = double.NegativeInfinity;

        public void Add(double value, bool isSampled)
        {
            if (!double.IsFinite(value))
                return;
            (_min, _max) = (Math.Min(_min, value), Math.Max(_max, value));
            if (isSampled)
                _sample.Add(value);
        }

        public (double Min, double Max) Range(double margin)
        {
            if (_sample.Count == 0)
                return _min <= _max ? (_min, _min) : (0, 0);
            _sample.Sort();
            int cut = Math.Min(_sample.Count / 2, _sample.Count / 1000 + 1);
            double low = _sample[cut], high = _sample[_sample.Count - 1 - Math.Min(cut, _sample.Count - 1)];
            high = Math.Max(low, high);
            double slack = (high - low) / 2 + margin;
            return (Math.Max(_min, low - slack), Math.Min(_max, high + slack));
        }
    }
}
