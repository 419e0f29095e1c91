namespace BatchSegmenter.Inference.Calibration;

/// <summary>Between which numbers a tensor inside a network lies on real blocks, but for a share of outliers at either end.</summary>
internal sealed class ActivationRange
{
    private const int Bins = 4096;

    private readonly long[] _counts = new long[Bins];
    private long _count;

    /// <summary>The least number seen in the first look.</summary>
    public float Least { get; private set; } = float.PositiveInfinity;

    /// <summary>The greatest number seen in the first look.</summary>
    public float Greatest { get; private set; } = float.NegativeInfinity;

    private float Step => (Greatest - Least) / Bins;

    /// <summary>First look: the ends.</summary>
    public void Widen(ReadOnlySpan<float> values)
    {
        foreach (float value in values) (Least, Greatest) = (Math.Min(Least, value), Math.Max(Greatest, value));
    }

    /// <summary>Second look at the same numbers: how they spread between the ends.</summary>
    public void Count(ReadOnlySpan<float> values)
    {
        float perStep = Step > 0 ? 1 / Step : 0;
        foreach (float value in values) _counts[Math.Clamp((int)((value - Least) * perStep), 0, Bins - 1)]++;
        _count += values.Length;
    }

    /// <summary>The range that leaves out a share of the numbers, at most, at either end. What no number lies beyond is not cut.</summary>
    /// <param name="outliers">The share, 0 for none.</param>
    public (float Least, float Greatest) Without(double outliers)
    {
        long allowed = (long)(outliers * _count);
        (int first, int last) = (0, Bins - 1);
        for (long passed = _counts[first]; passed <= allowed && first < last; passed += _counts[first]) first++;
        for (long passed = _counts[last]; passed <= allowed && last > first; passed += _counts[last]) last--;
        return (first == 0 ? Least : Least + first * Step, last == Bins - 1 ? Greatest : Least + (last + 1) * Step);
    }
}
