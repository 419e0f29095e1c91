using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>
/// The range decoder of LAZ: a 32-bit interval, widened a byte at a time. Reading past the end yields zero bytes and sets
/// <see cref="Overrun"/>; bits that no encoder writes set <see cref="Corrupt"/>. Both are checked once per run of points, so that
/// the hot path has no throw. Whatever the bytes, the value stays below the length, which keeps every model look-up in range.
/// </summary>
internal sealed class ArithmeticDecoder
{
    private const uint MinLength = 1u << 24;

    private byte[] _bytes = [];
    private int _position;
    private int _end;
    private uint _value;
    private uint _length = uint.MaxValue;
    private Stream? _source;

    /// <summary>More bytes were asked for than there are.</summary>
    public bool Overrun { get; private set; }

    /// <summary>A raw value was out of its range, or a field marked its symbols as impossible.</summary>
    public bool Corrupt { get; private set; }

    /// <summary>Bytes taken since <see cref="Start(byte[], int, int)"/>.</summary>
    public long Consumed => _passed + _position;

    private long _passed;

    /// <summary>Starts on <paramref name="count"/> bytes of <paramref name="bytes"/> from <paramref name="start"/>.</summary>
    public void Start(byte[] bytes, int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start, (uint)bytes.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(bytes.Length - start));
        _bytes = bytes;
        _position = start;
        _end = start + count;
        _passed = -start;
        _source = null;
        Prime();
    }

    /// <summary>
    /// Starts on a stream of unknown end: <paramref name="buffer"/> is filled from it again and again.
    /// The stream is read ahead of <see cref="Consumed"/>.
    /// </summary>
    public void Start(Stream source, byte[] buffer)
    {
        _bytes = buffer;
        _position = 0;
        _end = 0;
        _passed = 0;
        _source = source;
        Prime();
    }

    /// <summary>Lets a field report symbols that cannot be.</summary>
    public void MarkCorrupt() => Corrupt = true;

    /// <summary>Decodes the next symbol with an adaptive model, and teaches the model.</summary>
    public int Symbol(SymbolModel model)
    {
        // Which symbol comes is what can not be predicted: the search has no branch on it but the rare step to the next vector.
        uint length = _length;
        uint value = _value;
        uint unit = length >> SymbolModel.ShareBits;
        ref ushort starts = ref MemoryMarshal.GetArrayDataReference(model.Values);

        // The share is below 2^15 + 64: rounding the unit down leaves a rest that belongs to the last symbol.
        uint share = value / unit;
        uint symbol = 0, last = SymbolModel.SearchWidth;
        if (model.TableShift != 0)
        {
            ref ushort slot = ref Unsafe.Add(ref starts, (nint)((uint)model.TableStart + (share >> model.TableShift)));
            symbol = slot;
            last = Unsafe.Add(ref slot, 1);
        }

        // Most slots lie within one symbol.
        if (symbol != last)
        {
            Vector256<ushort> shares = Vector256.Create((ushort)share);
            uint notAbove;
            do
            {
                Vector256<ushort> window = Vector256.LoadUnsafe(ref starts, symbol);
                notAbove = Vector256.Equals(Vector256.Min(window, shares), window).ExtractMostSignificantBits();
                symbol += (uint)BitOperations.PopCount(notAbove);
            }
            while (notAbove == ushort.MaxValue);
            symbol--;
        }

        uint low = Unsafe.Add(ref starts, (nint)symbol) * unit;
        uint high = Unsafe.Add(ref starts, (nint)symbol + 1) * unit;
        high = symbol == (uint)model.Last ? length : high;
        _value = value - low;
        _length = high - low;
        if (_length < MinLength) Widen();
        model.Count((int)symbol);
        return (int)symbol;
    }

    /// <summary>Decodes one bit with an adaptive model, and teaches the model.</summary>
    public int Bit(BitModel model)
    {
        uint bound = model.ZeroShare * (_length >> BitModel.ShareBits);
        bool isOne = _value >= bound;
        _length = isOne ? _length - bound : bound;
        _value -= isOne ? bound : 0;
        int bit = isOne ? 1 : 0;
        if (_length < MinLength) Widen();
        model.Count(bit);
        return bit;
    }

    /// <summary>Reads 1 to 32 bits that were written without a model.</summary>
    public uint Bits(int count)
    {
        if (count > 19)
        {
            uint low = Bits(16);
            return low | (Bits(count - 16) << 16);
        }

        uint unit = _length >> count;
        uint bits = _value / unit;
        _value -= bits * unit;
        _length = unit;
        if (unit < MinLength) Widen();
        if (bits >> count != 0)
        {
            Corrupt = true;
            bits = (1u << count) - 1;
        }

        return bits;
    }

    /// <summary>Reads 64 bits that were written without a model.</summary>
    public ulong Bits64()
    {
        ulong low = Bits(32);
        return low | ((ulong)Bits(32) << 32);
    }

    private void Prime()
    {
        Overrun = false;
        Corrupt = false;
        _length = uint.MaxValue;
        uint value = 0;
        for (int i = 0; i < 4; i++) value = (value << 8) | Next();

        // The one start value that is not below the length: no encoder writes it.
        if (value == uint.MaxValue)
        {
            Corrupt = true;
            value--;
        }

        _value = value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Widen()
    {
        int position = _position;
        if (position > _end - sizeof(uint))
        {
            WidenNearEnd();
            return;
        }

        // One to three bytes, taken without asking how many: the count is as unpredictable as the data.
        int bits = BitOperations.LeadingZeroCount(_length) & 24;
        uint next = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), position));
        if (BitConverter.IsLittleEndian) next = BinaryPrimitives.ReverseEndianness(next);
        _value = (_value << bits) | (uint)((ulong)next >> (32 - bits));
        _length <<= bits;
        _position = position + (bits >> 3);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WidenNearEnd()
    {
        do
        {
            _value = (_value << 8) | Next();
            _length <<= 8;
        }
        while (_length < MinLength);
    }

    private uint Next()
    {
        int position = _position;
        if (position >= _end) return Refill();
        _position = position + 1;
        return _bytes[position];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint Refill()
    {
        if (_source is not null)
        {
            int count = _source.Read(_bytes, 0, _bytes.Length);
            if (count > 0)
            {
                _passed += _position;
                _position = 1;
                _end = count;
                return _bytes[0];
            }
        }

        Overrun = true;
        return 0;
    }
}
