using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>The wave packet models of all versions: packets mostly follow one another in the waveform file.</summary>
internal sealed class WavePacketModels(ArithmeticDecoder decoder)
{
    private readonly SymbolModel _descriptor = new(256);
    private readonly SymbolModel[] _offsetKind = [new(4), new(4), new(4), new(4)];
    private readonly IntegerDecompressor _offset = new(decoder, 32);
    private readonly IntegerDecompressor _packetSize = new(decoder, 32);
    private readonly IntegerDecompressor _returnPoint = new(decoder, 32);
    private readonly IntegerDecompressor _direction = new(decoder, 32, 3);
    private int _lastKind;
    private int _lastDifference;

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        _descriptor.Reset();
        foreach (SymbolModel model in _offsetKind) model.Reset();
        _offset.Reset();
        _packetSize.Reset();
        _returnPoint.Reset();
        _direction.Reset();
        _lastKind = 0;
        _lastDifference = 0;
    }

    /// <summary>Decodes the packet that follows <paramref name="packet"/>, in its place.</summary>
    public void Decode(ref WavePacket packet)
    {
        packet.Descriptor = (byte)decoder.Symbol(_descriptor);
        _lastKind = decoder.Symbol(_offsetKind[_lastKind]);
        switch (_lastKind)
        {
            case 0:
                break;
            case 1:
                packet.Offset += packet.PacketSize;
                break;
            case 2:
                _lastDifference = _offset.Decode(_lastDifference);
                packet.Offset += (ulong)(long)_lastDifference;
                break;
            default:
                packet.Offset = decoder.Bits64();
                break;
        }

        packet.PacketSize = (uint)_packetSize.Decode((int)packet.PacketSize);
        packet.ReturnPoint = _returnPoint.Decode(packet.ReturnPoint);
        packet.Dx = _direction.Decode(packet.Dx, 0);
        packet.Dy = _direction.Decode(packet.Dy, 1);
        packet.Dz = _direction.Decode(packet.Dz, 2);
    }
}
