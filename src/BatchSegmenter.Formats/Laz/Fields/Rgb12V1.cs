using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Item 8, version 1: each of the six bytes that changed is predicted by its last value.</summary>
internal sealed class Rgb12V1(ArithmeticDecoder decoder)
{
    private readonly SymbolModel _changed = new(64);
    private readonly IntegerDecompressor _bytes = new(decoder, 8, 6);
    private readonly byte[] _last = new byte[Rgb.Size];

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(ref byte first)
    {
        _changed.Reset();
        _bytes.Reset();
        for (int i = 0; i < Rgb.Size; i++) _last[i] = Unsafe.Add(ref first, i);
    }

    /// <summary>Decodes the next 6 bytes.</summary>
    public void Decode(ref byte record)
    {
        int changed = decoder.Symbol(_changed);
        for (int i = 0; i < _last.Length; i++)
        {
            if ((changed & (1 << i)) != 0) _last[i] = (byte)_bytes.Decode(_last[i], i);
            Unsafe.Add(ref record, i) = _last[i];
        }
    }
}
