namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>
/// The models of integers that are coded as a prediction plus a corrector. The number of bits of the corrector is a symbol of its own (one
/// model per context); its upper eight bits are modelled per number of bits, the rest is raw.
/// </summary>
internal abstract class IntegerModels
{
    protected const int HighBits = 8;

    protected readonly SymbolModel[] BitCounts;
    protected readonly BitModel SmallCorrector = new();

    /// <summary>2^width, around which integers wrap; 0 for 32 bits, which wrap by themselves.</summary>
    protected readonly int Range;

    private readonly SymbolModel?[] _correctors;
    private ulong _ready;

    /// <param name="bits">Width of the integers: 8, 16 or 32.</param>
    /// <param name="contexts">Number of contexts.</param>
    protected IntegerModels(int bits, int contexts)
    {
        Range = bits < 32 ? 1 << bits : 0;
        BitCounts = new SymbolModel[contexts];
        for (int i = 0; i < contexts; i++) BitCounts[i] = new SymbolModel(bits + 1);
        _correctors = new SymbolModel?[bits + 1];
    }

    /// <summary>Bits of the last corrector: an estimate of how rough the data is.</summary>
    public int LastBits { get; protected set; }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        foreach (SymbolModel model in BitCounts) model.Reset();
        SmallCorrector.Reset();
        _ready = 0;
    }

    /// <summary>The model of the upper bits of correctors of so many bits.</summary>
    protected SymbolModel Corrector(int bits)
    {
        // Few of the models are ever used: they are made, and reset, on first use in a chunk.
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
