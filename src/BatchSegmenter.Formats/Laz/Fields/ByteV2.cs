using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Item 0, version 2: each extra byte is its last value plus a symbol, with a model per byte.</summary>
internal sealed class ByteV2(ArithmeticDecoder decoder, int count)
{
    private readonly ContextModels _models = new(count, 256);
    private readonly byte[] _last = new byte[count];

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(ref byte first)
    {
        _models.Reset();
        for (int i = 0; i < _last.Length; i++) _last[i] = Unsafe.Add(ref first, i);
    }

    /// <summary>Decodes the next extra bytes.</summary>
    public void Decode(ref byte record)
    {
        for (int i = 0; i < _last.Length; i++)
        {
            _last[i] += (byte)decoder.Symbol(_models[i]);
            Unsafe.Add(ref record, i) = _last[i];
        }
    }
}
