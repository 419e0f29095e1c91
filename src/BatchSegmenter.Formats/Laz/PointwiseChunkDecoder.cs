using BatchSegmenter.Formats.Laz.Coding;
using BatchSegmenter.Formats.Laz.Fields;

namespace BatchSegmenter.Formats.Laz;

/// <summary>Decodes chunks of point formats 0–5, whose items share one stream, point by point.</summary>
internal sealed class PointwiseChunkDecoder
{
    private readonly Point10V1? _pointV1;
    private readonly Point10V2? _pointV2;
    private readonly GpsTime11V1? _timeV1;
    private readonly GpsTime11V2? _timeV2;
    private readonly Rgb12V1? _rgbV1;
    private readonly Rgb12V2? _rgbV2;
    private readonly WavePacket13? _packet;
    private readonly ByteV1? _bytesV1;
    private readonly ByteV2? _bytesV2;
    private readonly int _time;
    private readonly int _rgb;
    private readonly int _waves;
    private readonly int _extra;

    /// <summary>Makes a decoder for the items of a file. It can be used for one chunk after another.</summary>
    public PointwiseChunkDecoder(LazVlr vlr)
    {
        RecordLength = vlr.RecordLength;
        int offset = 0;
        foreach (LazItem item in vlr.Items)
        {
            switch (item.Type)
            {
                case LazItemType.Point10:
                    if (item.Version == 1) _pointV1 = new Point10V1(Decoder);
                    else _pointV2 = new Point10V2(Decoder);
                    break;
                case LazItemType.GpsTime11:
                    _time = offset;
                    if (item.Version == 1) _timeV1 = new GpsTime11V1(Decoder);
                    else _timeV2 = new GpsTime11V2(Decoder);
                    break;
                case LazItemType.Rgb12:
                    _rgb = offset;
                    if (item.Version == 1) _rgbV1 = new Rgb12V1(Decoder);
                    else _rgbV2 = new Rgb12V2(Decoder);
                    break;
                case LazItemType.WavePacket13:
                    _waves = offset;
                    _packet = new WavePacket13(Decoder);
                    break;
                default:
                    _extra = offset;
                    if (item.Version == 1) _bytesV1 = new ByteV1(Decoder, item.Size);
                    else _bytesV2 = new ByteV2(Decoder, item.Size);
                    break;
            }

            offset += item.Size;
        }
    }

    /// <summary>The stream of symbols; to be started after the raw first record of each chunk.</summary>
    public ArithmeticDecoder Decoder { get; } = new();

    /// <summary>Bytes per record.</summary>
    public int RecordLength { get; }

    /// <summary>What is wrong with the stream as far as it was decoded, or null.</summary>
    public string? Problem => Decoder.Overrun ? "its bytes end before them" : Decoder.Corrupt ? "it has bits that no encoder writes" : null;

    /// <summary>Starts a chunk with its first record, which is stored as it is.</summary>
    public void Start(Span<byte> first)
    {
        _pointV1?.Start(ref first[0]);
        _pointV2?.Start(ref first[0]);
        _timeV1?.Start(ref first[_time]);
        _timeV2?.Start(ref first[_time]);
        _rgbV1?.Start(ref first[_rgb]);
        _rgbV2?.Start(ref first[_rgb]);
        _packet?.Start(ref first[_waves]);
        _bytesV1?.Start(ref first[_extra]);
        _bytesV2?.Start(ref first[_extra]);
    }

    /// <summary>Decodes the next records of the chunk.</summary>
    public void Decode(Span<byte> records)
    {
        for (; records.Length >= RecordLength; records = records[RecordLength..])
        {
            if (_pointV2 is not null) _pointV2.Decode(ref records[0]);
            else _pointV1!.Decode(ref records[0]);
            if (_timeV2 is not null) _timeV2.Decode(ref records[_time]);
            else _timeV1?.Decode(ref records[_time]);
            if (_rgbV2 is not null) _rgbV2.Decode(ref records[_rgb]);
            else _rgbV1?.Decode(ref records[_rgb]);
            _packet?.Decode(ref records[_waves]);
            if (_bytesV2 is not null) _bytesV2.Decode(ref records[_extra]);
            else _bytesV1?.Decode(ref records[_extra]);
        }
    }
}
