using System.Numerics;

namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>Encodes integers as a prediction plus a corrector, the counterpart of <see cref="IntegerDecompressor"/>.</summary>
internal sealed class IntegerCompressor
{
    private const int HighBits = 8;

    private readonly ArithmeticEncoder _encoder;
    private readonly SymbolModel[] _bitCounts;
    private readonly SymbolModel?[] _correctors;
    private readonly BitModel _smallCorrector = new();
    private readonly int _range;
    private ulong _ready;

    /// <param name="encoder">Where symbols go.</param>
    /// <param name="bits">Width of the integers: 8, 16 or 32.</param>
    /// <param name="contexts">Number of contexts.</param>
    public IntegerCompressor(ArithmeticEncoder encoder, int bits, int contexts = 1)
    {
        _encoder = encoder;
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

    /// <summary>Encodes the next integer. Below 32 bits value and prediction must be within the width, both signed or both not.</summary>
    public void Encode(int prediction, int value, int context = 0)
    {
        int corrector = value - prediction;
        if (_range != 0)
        {
            if (corrector < -(_range >> 1)) corrector += _range;
            else if (corrector >= _range >> 1) corrector -= _range;
        }

        // Zero and one have zero bits, so the k-bit correctors are -(2^k - 1) .. -2^(k-1) and 2^(k-1) + 1 .. 2^k.
        uint distance = corrector <= 0 ? (uint)-corrector : (uint)corrector - 1;
        int bits = 32 - BitOperations.LeadingZeroCount(distance);
        LastBits = bits;
        _encoder.Symbol(_bitCounts[context], bits);
        if (bits == 0) _encoder.Bit(_smallCorrector, corrector);
        else if (bits < 32)
        {
            uint place = (uint)(corrector < 0 ? corrector + (1 << bits) - 1 : corrector - 1);
            SymbolModel model = Corrector(bits);
            if (bits <= HighBits) _encoder.Symbol(model, (int)place);
            else
            {
                int raw = bits - HighBits;
                _encoder.Symbol(model, (int)(place >> raw));
                _encoder.Bits(raw, place & ((1u << raw) - 1));
            }
        }
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
