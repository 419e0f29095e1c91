using BatchSegmenter.Pipeline.Labels;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>The points of one truth that were called one other class: how many, how high, and three of them.</summary>
internal sealed class ErrorTally
{
    private const int Examples = 3;
    private readonly Dictionary<int, long> _heights = [];
    private readonly List<(uint Order, ErrorExample Example)> _examples = [];

    /// <summary>Points counted.</summary>
    public long Points { get; private set; }

    /// <summary>Counts a point; <paramref name="height"/> in metres above ground, NaN where unknown.</summary>
    public void Add(float height, int pointIndex, LabelledCloud truth, string file)
    {
        Points++;
        // Decimetres are fine enough for a median, and bounded however many errors there are.
        if (float.IsFinite(height)) CollectionsMarshal.GetValueRefOrAddDefault(_heights, (int)MathF.Round(height * 10), out _)++;

        // The three with the lowest hash: spread over the file, and the same in every run.
        uint order = (uint)pointIndex * 2654435761u;
        order ^= order >> 15;
        if (_examples.Count == Examples && order >= _examples[^1].Order) return;
        Keep(order, new ErrorExample(file, pointIndex, truth.X?[pointIndex], truth.Y?[pointIndex], truth.Z?[pointIndex]));
    }

    /// <summary>Adds the counts of another file.</summary>
    public void Add(ErrorTally other)
    {
        Points += other.Points;
        foreach ((int height, long points) in other._heights) CollectionsMarshal.GetValueRefOrAddDefault(_heights, height, out _) += points;
        foreach ((uint order, ErrorExample example) in other._examples)
            if (_examples.Count < Examples || order < _examples[^1].Order) Keep(order, example);
    }

    /// <summary>The tally in words and figures.</summary>
    public ConfusedPair Score(byte truth, byte predicted, long counted, long errors) => new(
        truth, AsprsClassNames.Of(truth), predicted, AsprsClassNames.Of(predicted), Points, (double)Points / counted, (double)Points / errors,
        MedianHeight(), [.. _examples.Select(kept => kept.Example)]);

    private void Keep(uint order, ErrorExample example)
    {
        _examples.Add((order, example));
        _examples.Sort((a, b) => a.Order.CompareTo(b.Order));
        if (_examples.Count > Examples) _examples.RemoveAt(Examples);
    }

    private double? MedianHeight()
    {
        long half = (_heights.Values.Sum() + 1) / 2, passed = 0;
        foreach ((int height, long points) in _heights.OrderBy(pair => pair.Key))
            if ((passed += points) >= half) return height / 10.0;
        return null;
    }
}
