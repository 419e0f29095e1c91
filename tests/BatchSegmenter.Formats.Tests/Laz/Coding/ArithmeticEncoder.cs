using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Tests.Laz.Coding;

/// <summary>The counterpart of the decoder, for making streams: plain, with the decoder's own models.</summary>
internal sealed class ArithmeticEncoder
{
    private readonly List<byte> _bytes = [];
    private uint _base;
    private uint _length = uint.MaxValue;

    public void Symbol(SymbolModel model, int symbol)
    {
        uint unit = _length >> SymbolModel.ShareBits;
        uint low = model.Values[symbol] * unit;
        uint high = symbol == model.Last ? _length : model.Values[symbol + 1] * unit;
        Narrow(low, high - low);
        model.Count(symbol);
    }

    public void Bit(BitModel model, int bit)
    {
        uint bound = model.ZeroShare * (_length >> BitModel.ShareBits);
        if (bit == 0) Narrow(0, bound);
        else Narrow(bound, _length - bound);
        model.Count(bit);
    }

    public void Bits(int count, uint bits)
    {
        if (count > 19)
        {
            Bits(16, bits & 0xFFFF);
            Bits(count - 16, bits >> 16);
            return;
        }

        uint unit = _length >> count;
        Narrow(bits * unit, unit);
    }

    /// <summary>Ends the stream. The decoder will have read exactly these bytes.</summary>
    public byte[] End()
    {
        uint last = _base + (_length >> 1);
        if (last < _base) Carry();
        return [.. _bytes, (byte)(last >> 24), (byte)(last >> 16), (byte)(last >> 8), (byte)last];
    }

    private void Narrow(uint low, uint length)
    {
        uint moved = _base + low;
        if (moved < _base) Carry();
        _base = moved;
        _length = length;
        while (_length < 1u << 24)
        {
            _bytes.Add((byte)(_base >> 24));
            _base <<= 8;
            _length <<= 8;
        }
    }

    private void Carry()
    {
        int i = _bytes.Count - 1;
        for (; _bytes[i] == 255; i--) _bytes[i] = 0;
        _bytes[i]++;
    }
}
