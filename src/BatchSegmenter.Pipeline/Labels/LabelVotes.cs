namespace BatchSegmenter.Pipeline.Labels;

/// <summary>
/// Adds up the class probabilities of overlapping blocks, one row per thinned point. A block's core votes with full weight, its
/// context with less, since the network sees only half of what surrounds a context point.
/// </summary>
public sealed class LabelVotes
{
    /// <summary>Weight of a vote from outside a block's core.</summary>
    public const float ContextWeight = 0.25f;

    private readonly float[] _sums;
    private readonly int _classes;

    /// <param name="points">Thinned points of the tile.</param>
    /// <param name="classes">Classes of the bundle.</param>
    public LabelVotes(int points, int classes)
    {
        _sums = new float[points * classes];
        _classes = classes;
    }

    /// <summary>Adds one block's probabilities, shape [<paramref name="thinnedIndex"/>, classes]. The order of calls decides the last bits.</summary>
    /// <param name="thinnedIndex">The thinned point behind each block point.</param>
    /// <param name="probabilities">Rows that sum to 1.</param>
    /// <param name="block">The block's number.</param>
    /// <param name="coreOf">For each thinned point, the number of the block whose core it is in, or −1.</param>
    public void Add(ReadOnlySpan<int> thinnedIndex, ReadOnlySpan<float> probabilities, int block, ReadOnlySpan<int> coreOf)
    {
        for (int i = 0; i < thinnedIndex.Length; i++)
        {
            float weight = coreOf[thinnedIndex[i]] == block ? 1 : ContextWeight;
            ReadOnlySpan<float> row = probabilities.Slice(i * _classes, _classes);
            Span<float> sum = _sums.AsSpan(thinnedIndex[i] * _classes, _classes);
            for (int c = 0; c < row.Length; c++) sum[c] += weight * row[c];
        }
    }

    /// <summary>The summed votes of one thinned point, one number per class; all zero where no block saw it.</summary>
    public ReadOnlySpan<float> this[int thinnedIndex] => _sums.AsSpan(thinnedIndex * _classes, _classes);
}
