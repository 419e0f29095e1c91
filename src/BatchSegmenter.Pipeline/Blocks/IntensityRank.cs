namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// The rank of an intensity among all of a survey's, which means the same at every sensor where the raw number does not.
/// </summary>
public sealed class IntensityRank
{
    private readonly float[] _rank;

    private IntensityRank(float[] rank) => _rank = rank;

    /// <summary>
    /// The ranks of a survey, or null where all its points have one intensity: the sensor, or a conversion, left it out.
    /// </summary>
    /// <param name="histogram">How many points have each of the 65,536 intensities.</param>
    public static IntensityRank? From(ReadOnlySpan<long> histogram)
    {
        long total = 0;
        int distinct = 0;
        foreach (long n in histogram)
        {
            total += n;
            if (n > 0) distinct++;
        }

        if (distinct < 2) return null;
        float[] rank = new float[histogram.Length];
        long below = 0;
        for (int i = 0; i < rank.Length; i++)
        {
            rank[i] = (float)((below + 0.5 * histogram[i]) / total);
            below += histogram[i];
        }

        return new IntensityRank(rank);
    }

    /// <summary>The share of points with a lower intensity, plus half of those with the same: 0–1.</summary>
    public float this[ushort intensity] => _rank[intensity];
}
