using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BatchSegmenter.Formats.Laz.Coding;
using BatchSegmenter.Formats.Laz.Fields;

namespace BatchSegmenter.Formats.Laz;

/// <summary>Encodes chunks of point formats 0–5, whose items share one stream, point by point, in the items' newest versions.</summary>
internal sealed class PointwiseChunkEncoder : ChunkEncoder
{
    private readonly ArithmeticEncoder _encoder = new();
    private readonly Point10Encoder _point;
    private readonly GpsTimeEncoder? _time;
    private readonly RgbModels? _rgb;
    private readonly WavePacketEncoder? _packet;
    private readonly ContextModels? _bytes;
    private readonly byte[] _lastBytes = [];
    private readonly byte[] _first;
    private readonly int _timeOffset;
    private readonly int _rgbOffset;
    private readonly int _packetOffset;
    private readonly int _bytesOffset;
    private Rgb _lastRgb;
    private WavePacket _lastPacket;

    /// <summary>Makes an encoder for the items of a file.</summary>
    /// <exception cref="ArgumentException">An item has a version that is not written.</exception>
    public PointwiseChunkEncoder(LazVlr vlr)
    {
        _first = new byte[vlr.RecordLength];
        _point = new Point10Encoder(_encoder);
        int offset = 0;
        foreach (LazItem item in vlr.Items)
        {
            if (item.Version != (item.Type == LazItemType.WavePacket13 ? 1 : 2))
                throw new ArgumentException($"Item {item.Type}, version {item.Version}; version 2 is written (1 of wave packets).", nameof(vlr));
            switch (item.Type)
            {
                case LazItemType.GpsTime11:
                    _timeOffset = offset;
                    _time = new GpsTimeEncoder(_encoder, codesUnchanged: true);
                    break;
                case LazItemType.Rgb12:
                    _rgbOffset = offset;
                    _rgb = new RgbModels();
                    break;
                case LazItemType.WavePacket13:
                    _packetOffset = offset;
                    _packet = new WavePacketEncoder(_encoder);
                    break;
                case LazItemType.Byte:
                    _bytesOffset = offset;
                    _bytes = new ContextModels(item.Size, 256);
                    _lastBytes = new byte[item.Size];
                    break;
            }

            offset += item.Size;
        }
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> records)
    {
        int recordLength = _first.Length;
        records[..recordLength].CopyTo(_first);
        Start();
        ref byte start = ref MemoryMarshal.GetReference(records);
        int end = records.Length - recordLength;
        for (int i = recordLength; i <= end; i += recordLength)
        {
            ref byte record = ref Unsafe.Add(ref start, i);
            _point.Encode(ref record);
            _time?.Encode(Unsafe.ReadUnaligned<long>(ref Unsafe.Add(ref record, _timeOffset)));
            _rgb?.Encode(_encoder, Unsafe.ReadUnaligned<Rgb>(ref Unsafe.Add(ref record, _rgbOffset)), ref _lastRgb);
            _packet?.Encode(Unsafe.ReadUnaligned<WavePacket>(ref Unsafe.Add(ref record, _packetOffset)), ref _lastPacket);
            if (_bytes is not null) Bytes(ref Unsafe.Add(ref record, _bytesOffset), _bytes);
        }

        _encoder.End();
    }

    /// <inheritdoc/>
    public override long WriteTo(Stream stream)
    {
        stream.Write(_first);
        stream.Write(_encoder.Bytes);
        return _first.Length + _encoder.Bytes.Length;
    }

    private void Start()
    {
        _encoder.Start();
        _point.Start(ref _first[0]);
        _time?.Start(Unsafe.ReadUnaligned<long>(ref _first[_timeOffset]));
        _rgb?.Reset();
        _packet?.Reset();
        _bytes?.Reset();
        if (_rgb is not null) _lastRgb = Unsafe.ReadUnaligned<Rgb>(ref _first[_rgbOffset]);
        if (_packet is not null) _lastPacket = Unsafe.ReadUnaligned<WavePacket>(ref _first[_packetOffset]);
        _first.AsSpan(_bytesOffset, _lastBytes.Length).CopyTo(_lastBytes);
    }

    private void Bytes(ref byte record, ContextModels models)
    {
        for (int i = 0; i < _lastBytes.Length; i++)
        {
            byte value = Unsafe.Add(ref record, i);
            _encoder.Symbol(models[i], (byte)(value - _lastBytes[i]));
            _lastBytes[i] = value;
        }
    }
}
