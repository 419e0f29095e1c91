namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>
/// Decodes integers as a prediction plus a corrector. The number of bits of the corrector is a symbol of its own (one model per
/// context); its upper eight bits are modelled per number of bits, the rest is raw.
/// </summary>
internal sealed class IntegerDecompressor
{
    private const int HighBits = 8;

    private readonly ArithmeticDecoder _decoder;
    private readonly SymbolModel[] _bitCounts;
    private readonly SymbolModel?[] _correctors;
    private readonly BitModel _smallCorrector = new();
    private readonly int _range;
    private ulong _ready;

    /// <param name="decoder">Where symbols come from.</param>
    /// <param name="bits">Width of the integers: 8, 16 or 32.</param>
    /// <param name="contexts">Number of contexts.</param>
    public IntegerDecompressor(ArithmeticDecoder decoder, int bits, int contexts = 1)
    {
        _decoder = decoder;
        _range = bits < 32 ? 1 << bits : 0;
        _bitCounts = new SymbolModel[contexts];
        for (int i = 0; i < contexts; i++) _bitCounts[i] = new SymbolModel(bits + 1);
        _correctors = new SymbolModel?[bits + 1];
    }

    /// <summary>Bits of the last corrector: an estimate of how rough the data is.</summary>
    public int LastBits { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        foreach (SymbolModel model in _bitCounts) model.Reset();
        _smallCorrector.Reset();
        _ready = 0;
    }

    /// <summary>
    /// Decodes the next integer. Widths below 32 wrap around once at zero and at 2^bits; a prediction that is out of range
    /// gives a result that is out of range, which the caller cuts to the width.
    /// </summary>
    public int Decode(int prediction, int context = 0)
    {
        int bits = _decoder.Symbol(_bitCounts[context]);
        LastBits = bits;
        int corrector;
        if (bits == 0) corrector = _decoder.Bit(_smallCorrector);
        else if (bits < 32)
        {
            SymbolModel model = Corrector(bits);
            corrector = _decoder.Symbol(model);
            if (bits > HighBits)
            {
                int raw = bits - HighBits;
                corrector = (corrector << raw) | (int)_decoder.Bits(raw);
            }

            // Zero and one have zero bits, so the k-bit correctors are -(2^k - 1) .. -2^(k-1) and 2^(k-1) + 1 .. 2^k.
            if (corrector >= 1 << (bits - 1)) corrector++;
            else corrector -= (1 << bits) - 1;
        }
        else corrector = int.MinValue;

        int value = prediction + corrector;
        if (_range != 0)
        {
            if (value < 0) value += _range;
            else if (value >= _range) value -= _range;
        }

        return value;
    }

    // Few of the models are ever used: they are made, and reset, on first use in a chunk.
    private SymbolModel Corrector(int bits)
    {
        if ((_ready & (1ul << bits)) != 0) return _correctors[bits]!;
        _ready |= 1ul << bits;
        if (_correctors[bits] is { } known)
        {
            known.Reset();
            return known;
        }

        return _correctors[bits] = new SymbolModel(1 << Math.Min(bits, HighBits));
    }
}
