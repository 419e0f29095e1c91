using System.Numerics;

namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>Encodes integers as a prediction plus a corrector, the counterpart of <see cref="IntegerDecompressor"/>.</summary>
/// <param name="encoder">Where symbols go.</param>
/// <param name="bits">Width of the integers: 8, 16 or 32.</param>
/// <param name="contexts">Number of contexts.</param>
internal sealed class IntegerCompressor(ArithmeticEncoder encoder, int bits, int contexts = 1) : IntegerModels(bits, contexts)
{
    /// <summary>Encodes the next integer. Below 32 bits value and prediction must be within the width, both signed or both not.</summary>
    public void Encode(int prediction, int value, int context = 0)
    {
        int corrector = value - prediction;
        if (Range != 0)
        {
            if (corrector < -(Range >> 1)) corrector += Range;
            else if (corrector >= Range >> 1) corrector -= Range;
        }

        // Zero and one have zero bits, so the k-bit correctors are -(2^k - 1) .. -2^(k-1) and 2^(k-1) + 1 .. 2^k.
        uint distance = corrector <= 0 ? (uint)-corrector : (uint)corrector - 1;
        int bits = 32 - BitOperations.LeadingZeroCount(distance);
        LastBits = bits;
        encoder.Symbol(BitCounts[context], bits);
        if (bits == 0) encoder.Bit(SmallCorrector, corrector);
        else if (bits < 32)
        {
            uint place = (uint)(corrector < 0 ? corrector + (1 << bits) - 1 : corrector - 1);
            SymbolModel model = Corrector(bits);
            if (bits <= HighBits) encoder.Symbol(model, (int)place);
            else
            {
                int raw = bits - HighBits;
                encoder.Symbol(model, (int)(place >> raw));
                encoder.Bits(raw, place & ((1u << raw) - 1));
            }
        }
    }
}
