namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>Decodes integers as a prediction plus a corrector.</summary>
/// <param name="decoder">Where symbols come from.</param>
/// <param name="bits">Width of the integers: 8, 16 or 32.</param>
/// <param name="contexts">Number of contexts.</param>
internal sealed class IntegerDecompressor(ArithmeticDecoder decoder, int bits, int contexts = 1) : IntegerModels(bits, contexts)
{
    /// <summary>
    /// Decodes the next integer. Widths below 32 wrap around once at zero and at 2^bits; a prediction that is out of range
    /// gives a result that is out of range, which the caller cuts to the width.
    /// </summary>
    public int Decode(int prediction, int context = 0)
    {
        int bits = decoder.Symbol(BitCounts[context]);
        LastBits = bits;
        int corrector;
        if (bits == 0) corrector = decoder.Bit(SmallCorrector);
        else if (bits < 32)
        {
            SymbolModel model = Corrector(bits);
            corrector = decoder.Symbol(model);
            if (bits > HighBits)
            {
                int raw = bits - HighBits;
                corrector = (corrector << raw) | (int)decoder.Bits(raw);
            }

            // Zero and one have zero bits, so the k-bit correctors are -(2^k - 1) .. -2^(k-1) and 2^(k-1) + 1 .. 2^k.
            if (corrector >= 1 << (bits - 1)) corrector++;
            else corrector -= (1 << bits) - 1;
        }
        else corrector = int.MinValue;

        int value = prediction + corrector;
        if (Range != 0)
        {
            if (value < 0) value += Range;
            else if (value >= Range) value -= Range;
        }

        return value;
    }
}
