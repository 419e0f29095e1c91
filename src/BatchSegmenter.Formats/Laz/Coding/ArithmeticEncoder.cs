using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>The range coder of LAZ, the counterpart of <see cref="ArithmeticDecoder"/>: symbols become bytes in memory.</summary>
internal sealed class ArithmeticEncoder
{
    private const uint MinLength = 1u << 24;

    private byte[] _bytes = new byte[1024];
    private int _position;
    private uint _base;
    private uint _length = uint.MaxValue;

    /// <summary>The stream so far; whole after <see cref="End"/>.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _position);

    /// <summary>Starts a stream; what was written before is forgotten.</summary>
    public void Start()
    {
        _position = 0;
        _base = 0;
        _length = uint.MaxValue;
    }

    /// <summary>Encodes a symbol with an adaptive model, and teaches the model.</summary>
    /// <param name="model">The model that the decoder will have too.</param>
    /// <param name="symbol">Within the model's alphabet.</param>
    public void Symbol(SymbolModel model, int symbol)
    {
        uint unit = _length >> SymbolModel.ShareBits;
        ref ushort start = ref model.Values[symbol];
        uint low = start * unit;
        uint high = symbol == model.Last ? _length : Unsafe.Add(ref start, 1) * unit;
        Narrow(low, high - low);
        model.Count(symbol);
    }

    /// <summary>Encodes one bit with an adaptive model, and teaches the model.</summary>
    public void Bit(BitModel model, int bit)
    {
        uint bound = model.ZeroShare * (_length >> BitModel.ShareBits);
        if (bit == 0) Narrow(0, bound);
        else Narrow(bound, _length - bound);
        model.Count(bit);
    }

    /// <summary>Writes 1 to 32 bits without a model; higher bits of <paramref name="bits"/> must be 0.</summary>
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

    /// <summary>Writes 64 bits without a model.</summary>
    public void Bits64(ulong bits)
    {
        Bits(32, (uint)bits);
        Bits(32, (uint)(bits >> 32));
    }

    /// <summary>
    /// Ends the stream: with the fewest bytes that tell the last interval, and zeros up to those that a decoder will have taken.
    /// </summary>
    public void End()
    {
        bool far = _length > 2 * MinLength;
        if (far) Narrow(MinLength, MinLength >> 1);
        else Narrow(MinLength >> 1, MinLength >> 9);
        Reserve();
        for (int zeros = far ? 3 : 2; zeros > 0; zeros--) _bytes[_position++] = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Narrow(uint low, uint length)
    {
        uint moved = _base + low;
        if (moved < low) Carry();
        if (length < MinLength) Widen(moved, length);
        else
        {
            _base = moved;
            _length = length;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Widen(uint moved, uint length)
    {
        // At most three bytes leave for a symbol, as no length is below 2: four are kept free.
        if (_position + 4 > _bytes.Length) Reserve();
        ref byte bytes = ref MemoryMarshal.GetArrayDataReference(_bytes);
        int position = _position;
        do
        {
            Unsafe.Add(ref bytes, position++) = (byte)(moved >> 24);
            moved <<= 8;
            length <<= 8;
        }
        while (length < MinLength);
        _position = position;
        _base = moved;
        _length = length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Reserve()
    {
        if (_position + 4 > _bytes.Length) Array.Resize(ref _bytes, 2 * _bytes.Length);
    }

    // The interval's start passed 2^32: the bytes that left are one too low. There is one below 255, as the whole is below 1.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Carry()
    {
        int i = _position - 1;
        for (; _bytes[i] == 255; i--) _bytes[i] = 0;
        _bytes[i]++;
    }
}
