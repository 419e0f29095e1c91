using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Tests.Laz.Coding;

/// <summary>The counterpart of the integer decompressor, for making streams.</summary>
internal sealed class IntegerCompressor(ArithmeticEncoder encoder, int bits, int contexts = 1)
{
    private readonly SymbolModel[] _bitCounts = [.. Enumerable.Range(0, contexts).Select(_ => new SymbolModel(bits + 1))];
    private readonly SymbolModel[] _correctors = [.. Enumerable.Range(1, 32).Select(k => new SymbolModel(1 << Math.Min(k, 8)))];
    private readonly BitModel _small = new();

    public int LastBits { get; private set; }

    public void Encode(int prediction, int value, int context = 0)
    {
        int corrector = value - prediction;
        if (bits < 32)
        {
            int range = 1 << bits;
            if (corrector < -range / 2) corrector += range;
            else if (corrector > (range / 2) - 1) corrector -= range;
        }

        uint distance = corrector <= 0 ? (uint)-(long)corrector : (uint)corrector - 1;
        LastBits = 32 - System.Numerics.BitOperations.LeadingZeroCount(distance);
        encoder.Symbol(_bitCounts[context], LastBits);
        if (LastBits == 0) encoder.Bit(_small, corrector);
        else if (LastBits < 32)
        {
            uint place = (uint)(corrector < 0 ? corrector + (1 << LastBits) - 1 : corrector - 1);
            int raw = Math.Max(LastBits - 8, 0);
            encoder.Symbol(_correctors[LastBits - 1], (int)(place >> raw));
            if (raw > 0) encoder.Bits(raw, place & ((1u << raw) - 1));
        }
    }
}
