using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Item 9, version 1: <see cref="WavePacketModels"/>.</summary>
internal sealed class WavePacket13(ArithmeticDecoder decoder)
{
    private readonly WavePacketModels _models = new(decoder);
    private WavePacket _last;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(ref byte first)
    {
        _models.Reset();
        _last = Unsafe.ReadUnaligned<WavePacket>(ref first);
    }

    /// <summary>Decodes the next 29 bytes.</summary>
    public void Decode(ref byte record)
    {
        _models.Decode(ref _last);
        Unsafe.WriteUnaligned(ref record, _last);
    }
}
