using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BatchSegmenter.Formats.Laz.Coding;
using BatchSegmenter.Formats.Laz.Fields;

namespace BatchSegmenter.Formats.Laz;

/// <summary>
/// Decodes chunks of point formats 6–10, whose fields have a stream each. A chunk holds the first record as it is, the number
/// of points, the size of each layer, and the layers. Points are decoded in runs, layer by layer within a run, so that one
/// layer's models are in the cache at a time and a layer can be left out.
/// </summary>
internal sealed class LayeredChunkDecoder
{
    private const int RunLength = 1024;

    // Wave packets and extra bytes are no attributes: they are decoded where everything is wanted.
    private const PointAttributes Undecoded = ChunkDecoder.Everything & ~PointAttributes.All;

    private static readonly PointAttributes[] PointAttributesByLayer =
    [
        PointAttributes.None, PointAttributes.None, PointAttributes.Classification,
        PointAttributes.ClassificationFlags | PointAttributes.ScanDirectionFlag | PointAttributes.EdgeOfFlightLine,
        PointAttributes.Intensity, PointAttributes.ScanAngle, PointAttributes.UserData, PointAttributes.PointSourceId, PointAttributes.GpsTime,
    ];

    private readonly Layer[] _layers;
    private readonly Point14Position _position;
    private readonly Point14Z _z;
    private readonly Point14Bytes _classification;
    private readonly Point14Bytes _flags;
    private readonly Point14Integers _intensity;
    private readonly Point14Integers _scanAngle;
    private readonly Point14Bytes _userData;
    private readonly Point14Integers _pointSource;
    private readonly Point14GpsTime _gpsTime;
    private readonly Rgb14? _rgb;
    private readonly Nir14? _nir;
    private readonly WavePacket14? _packet;
    private readonly Byte14[] _bytes = [];
    private readonly int _rgbOffset;
    private readonly int _packetOffset;
    private readonly int _bytesOffset;
    private readonly int _packetLayer;
    private readonly int _bytesLayer;
    private readonly PointTrace[] _traces = new PointTrace[RunLength];
    private readonly byte[] _first;

    /// <summary>Makes a decoder for the items of a file. It can be used for one chunk after another.</summary>
    public LayeredChunkDecoder(LazVlr vlr)
    {
        RecordLength = vlr.RecordLength;
        _first = new byte[RecordLength];
        int layers = 0;
        foreach (LazItem item in vlr.Items) layers += item.Layers;
        _layers = new Layer[layers];
        for (int i = 0; i < layers; i++) _layers[i] = new Layer { Attributes = i < LazItem.PointLayers ? PointAttributesByLayer[i] : Undecoded };

        _position = new Point14Position(_layers[0].Decoder, vlr.Items[0].Version);
        _z = new Point14Z(_layers[1].Decoder);
        _classification = new Point14Bytes(_layers[2].Decoder, 256);
        _flags = new Point14Bytes(_layers[3].Decoder, 64);
        _intensity = new Point14Integers(_layers[4].Decoder, 4);
        _scanAngle = new Point14Integers(_layers[5].Decoder, 2);
        _userData = new Point14Bytes(_layers[6].Decoder, 256);
        _pointSource = new Point14Integers(_layers[7].Decoder, 1);
        _gpsTime = new Point14GpsTime(_layers[8].Decoder);

        int offset = 0;
        int layer = 0;
        foreach (LazItem item in vlr.Items)
        {
            switch (item.Type)
            {
                case LazItemType.Rgb14:
                case LazItemType.RgbNir14:
                    _rgbOffset = offset;
                    _layers[layer].Attributes = PointAttributes.Color;
                    if (item.Type == LazItemType.RgbNir14) _layers[layer + 1].Attributes = PointAttributes.Nir;
                    _rgb = new Rgb14(_layers[layer].Decoder, item.Version);
                    if (item.Type == LazItemType.RgbNir14) _nir = new Nir14(_layers[layer + 1].Decoder, item.Version);
                    break;
                case LazItemType.WavePacket14:
                    _packetOffset = offset;
                    _packetLayer = layer;
                    _packet = new WavePacket14(_layers[layer].Decoder, item.Version);
                    break;
                case LazItemType.Byte14:
                    _bytesOffset = offset;
                    _bytesLayer = layer;
                    _bytes = new Byte14[item.Size];
                    for (int i = 0; i < item.Size; i++) _bytes[i] = new Byte14(_layers[layer + i].Decoder, item.Version);
                    break;
            }

            offset += item.Size;
            layer += item.Layers;
        }
    }

    /// <summary>Bytes per record.</summary>
    public int RecordLength { get; }

    /// <summary>Bytes at the start of a chunk that tell its size: the first record, the number of points, the layers' sizes.</summary>
    public int HeaderLength => RecordLength + 4 + (4 * _layers.Length);

    /// <summary>What is wrong with the layers as far as they were decoded: one ended before its points did, or held what no encoder writes. Null if nothing.</summary>
    public string? Problem()
    {
        for (int i = 0; i < _layers.Length; i++)
            if ((i == 0 || _layers[i].Size != 0) && (_layers[i].Decoder.Overrun || _layers[i].Decoder.Corrupt)) return $"layer {i} ends before them or is corrupt";
        return null;
    }

    /// <summary>What is wrong with a chunk that does not hold its own header or layers, or null.</summary>
    /// <param name="chunk">Its first <see cref="HeaderLength"/> bytes, if it has so many.</param>
    /// <param name="length">Its bytes.</param>
    public string? HeaderProblem(ReadOnlySpan<byte> chunk, long length)
    {
        if (length < HeaderLength) return $"its header alone takes {HeaderLength} bytes";
        return ChunkLength(chunk) is var needed && needed > length ? $"its layers take {needed} bytes" : null;
    }

    /// <summary>Bytes of the chunk whose header is given.</summary>
    /// <param name="header"><see cref="HeaderLength"/> bytes.</param>
    public long ChunkLength(ReadOnlySpan<byte> header)
    {
        long length = HeaderLength;
        for (int i = 0; i < _layers.Length; i++) length += LayerSize(header, i);
        return length;
    }

    /// <summary>Starts a chunk.</summary>
    /// <param name="buffer">Holds the whole chunk, all of whose <see cref="ChunkLength"/> bytes must be there.</param>
    /// <param name="start">Where the chunk starts.</param>
    /// <param name="first">Gets the first record.</param>
    /// <param name="wanted">The attributes that are needed; layers of others are left out, and their fields get the first record's values.</param>
    public void Start(byte[] buffer, int start, Span<byte> first, PointAttributes wanted)
    {
        ReadOnlySpan<byte> header = buffer.AsSpan(start, HeaderLength);
        header[..RecordLength].CopyTo(first);
        header[..RecordLength].CopyTo(_first);
        int offset = start + HeaderLength;
        for (int i = 0; i < _layers.Length; i++)
        {
            Layer layer = _layers[i];
            int size = (int)LayerSize(header, i);
            layer.Size = layer.Attributes == PointAttributes.None || (layer.Attributes & wanted) != 0 ? size : 0;
            if (layer.Size != 0) layer.Decoder.Start(buffer, offset, size);
            offset += size;
        }

        if (_layers[0].Size == 0) _layers[0].Decoder.Start([], 0, 0);
        Point14 point = MemoryMarshal.Read<Point14>(first);
        int channel = point.Channel;
        _position.Start(point);
        _z.Start(point);
        _classification.Start(channel, point.Classification);
        _flags.Start(channel, point.LayerFlags);
        _intensity.Start(channel, point.Intensity);
        _scanAngle.Start(channel, (ushort)point.ScanAngle);
        _userData.Start(channel, point.UserData);
        _pointSource.Start(channel, point.PointSource);
        _gpsTime.Start(point);
        _rgb?.Start(channel, ref first[_rgbOffset]);
        _nir?.Start(channel, ref first[_rgbOffset + Rgb.Size]);
        _packet?.Start(channel, ref first[_packetOffset]);
        for (int i = 0; i < _bytes.Length; i++) _bytes[i].Start(channel, first[_bytesOffset + i]);
    }

    /// <summary>Decodes the next records of the chunk.</summary>
    public void Decode(Span<byte> records)
    {
        while (records.Length >= RecordLength)
        {
            int count = Math.Min(records.Length / RecordLength, RunLength);
            DecodeRun(records[..(count * RecordLength)], _traces.AsSpan(0, count));
            records = records[(count * RecordLength)..];
        }
    }

    private void DecodeRun(Span<byte> records, Span<PointTrace> traces)
    {
        // Fields whose layer is empty have the value of the first record in the whole chunk.
        for (int i = 0; i < records.Length; i += RecordLength) _first.CopyTo(records[i..]);

        ref byte record = ref records[0];
        int stride = RecordLength;
        _position.Decode(ref record, stride, traces);
        if (Has(1)) _z.Decode(ref record, stride, traces);
        if (Has(2)) _classification.DecodeClassification(records, stride, traces);
        if (Has(3)) _flags.DecodeFlags(records, stride, traces);
        else KeepFlags(records);
        if (Has(4)) _intensity.DecodeIntensity(ref record, stride, traces);
        if (Has(5)) _scanAngle.DecodeScanAngle(ref record, stride, traces);
        if (Has(6)) _userData.DecodeUserData(records, stride, traces);
        if (Has(7)) _pointSource.DecodePointSource(ref record, stride, traces);
        if (Has(8)) _gpsTime.Decode(ref record, stride, traces);
        if (_rgb is not null && Has(LazItem.PointLayers)) _rgb.Decode(ref Unsafe.Add(ref record, _rgbOffset), stride, traces);
        if (_nir is not null && Has(LazItem.PointLayers + 1)) _nir.Decode(ref Unsafe.Add(ref record, _rgbOffset + Rgb.Size), stride, traces);
        if (_packet is not null && Has(_packetLayer)) _packet.Decode(ref Unsafe.Add(ref record, _packetOffset), stride, traces);
        for (int i = 0; i < _bytes.Length; i++)
            if (Has(_bytesLayer + i)) _bytes[i].Decode(ref Unsafe.Add(ref record, _bytesOffset + i), stride, traces);
    }

    // The position layer wrote the channel alone into the byte that it shares with the flags.
    private void KeepFlags(Span<byte> records)
    {
        byte flags = (byte)(_first[15] & 0xCF);
        if (flags == 0) return;
        for (int i = 15; i < records.Length; i += RecordLength) records[i] |= flags;
    }

    private bool Has(int layer) => _layers[layer].Size != 0;

    private uint LayerSize(ReadOnlySpan<byte> header, int layer) =>
        BinaryPrimitives.ReadUInt32LittleEndian(header[(RecordLength + 4 + (4 * layer))..]);

    private sealed class Layer
    {
        public readonly ArithmeticDecoder Decoder = new();

        /// <summary>The attributes that it holds; none where the others depend on it.</summary>
        public PointAttributes Attributes;

        /// <summary>Bytes; 0 where it is not there or not needed.</summary>
        public int Size;
    }
}
