using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes wave packets, the counterpart of <see cref="WavePacketModels"/>.</summary>
internal sealed class WavePacketEncoder(ArithmeticEncoder encoder)
{
    private readonly SymbolModel _descriptor = new(256);
    private readonly SymbolModel[] _offsetKind = [new(4), new(4), new(4), new(4)];
    private readonly IntegerCompressor _offset = new(encoder, 32);
    private readonly IntegerCompressor _packetSize = new(encoder, 32);
    private readonly IntegerCompressor _returnPoint = new(encoder, 32);
    private readonly IntegerCompressor _direction = new(encoder, 32, 3);
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

    /// <summary>Encodes the packet that follows <paramref name="last"/>, which becomes it.</summary>
    public void Encode(WavePacket packet, ref WavePacket last)
    {
        encoder.Symbol(_descriptor, packet.Descriptor);
        long difference = (long)(packet.Offset - last.Offset);
        int kind = difference != (int)difference ? 3 : difference == 0 ? 0 : difference == last.PacketSize ? 1 : 2;
        encoder.Symbol(_offsetKind[_lastKind], kind);
        _lastKind = kind;
        if (kind == 2)
        {
            _offset.Encode(_lastDifference, (int)difference);
            _lastDifference = (int)difference;
        }
        else if (kind == 3) encoder.Bits64(packet.Offset);

        _packetSize.Encode((int)last.PacketSize, (int)packet.PacketSize);
        _returnPoint.Encode(last.ReturnPoint, packet.ReturnPoint);
        _direction.Encode(last.Dx, packet.Dx, 0);
        _direction.Encode(last.Dy, packet.Dy, 1);
        _direction.Encode(last.Dz, packet.Dz, 2);
        last = packet;
    }
}
