namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>An adaptive model of one bit.</summary>
internal sealed class BitModel
{
    /// <summary>Bits of precision of the share of zeros.</summary>
    public const int ShareBits = 13;

    private uint _zeros;
    private uint _total;
    private uint _cycle;
    private uint _untilUpdate;

    /// <summary>Makes a model for which both values are equally likely.</summary>
    public BitModel() => Reset();

    /// <summary>The share of zeros, out of 2^13.</summary>
    public uint ZeroShare { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        _zeros = 1;
        _total = 2;
        ZeroShare = 1u << (ShareBits - 1);
        _cycle = _untilUpdate = 4;
    }

    /// <summary>Counts a bit.</summary>
    public void Count(int bit)
    {
        _zeros += 1 - (uint)bit;
        if (--_untilUpdate != 0) return;
        if ((_total += _cycle) > 1u << ShareBits)
        {
            _total = (_total + 1) >> 1;
            _zeros = (_zeros + 1) >> 1;
            if (_zeros == _total) _total++;
        }

        ZeroShare = (_zeros * ((1u << 31) / _total)) >> (31 - ShareBits);
        _cycle = Math.Min((5 * _cycle) >> 2, 64);
        _untilUpdate = _cycle;
    }
}
