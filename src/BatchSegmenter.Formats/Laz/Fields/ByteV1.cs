using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Item 0, version 1: each extra byte is predicted by its last value, with a context per byte.</summary>
internal sealed class ByteV1(ArithmeticDecoder decoder, int count)
{
    private readonly IntegerDecompressor _bytes = new(decoder, 8, count);
    private readonly byte[] _last = new byte[count];

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(ref byte first)
    {
        _bytes.Reset();
        for (int i = 0; i < _last.Length; i++) _last[i] = Unsafe.Add(ref first, i);
    }

    /// <summary>Decodes the next extra bytes.</summary>
    public void Decode(ref byte record)
    {
        for (int i = 0; i < _last.Length; i++)
        {
            _last[i] = (byte)_bytes.Decode(_last[i], i);
            Unsafe.Add(ref record, i) = _last[i];
        }
    }
}
