using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BatchSegmenter.Formats.Laz.Coding;
using BatchSegmenter.Formats.Laz.Fields;

namespace BatchSegmenter.Formats.Laz;

/// <summary>
/// Encodes chunks of point formats 6–10, whose fields have a stream each. Like the decoder it goes layer by layer over runs of points.
/// A field that keeps its first value through the chunk gets no layer, but for x and y, and z.
/// </summary>
internal sealed class LayeredChunkEncoder : ChunkEncoder
{
    private const int RunLength = 1024;

    private readonly ArithmeticEncoder[] _layers;
    private readonly bool[] _isCoded;
    private readonly Point14PositionEncoder _position;
    private readonly Point14ZEncoder _z;
    private readonly Point14BytesEncoder _classification;
    private readonly Point14BytesEncoder _flags;
    private readonly Point14IntegersEncoder _intensity;
    private readonly Point14IntegersEncoder _scanAngle;
    private readonly Point14BytesEncoder _userData;
    private readonly Point14IntegersEncoder _pointSource;
    private readonly Point14GpsTimeEncoder _gpsTime;
    private readonly Rgb14Encoder? _rgb;
    private readonly Nir14Encoder? _nir;
    private readonly WavePacket14Encoder? _packet;
    private readonly Byte14Encoder[] _bytes = [];
    private readonly int _rgbOffset;
    private readonly int _packetOffset;
    private readonly int _bytesOffset;
    private readonly int _packetLayer;
    private readonly int _bytesLayer;
    private readonly PointTrace[] _traces = new PointTrace[RunLength];
    private readonly byte[] _header;
    private readonly byte[] _differences;
    private readonly int _recordLength;

    /// <summary>Makes an encoder for the items of a file.</summary>
    /// <exception cref="ArgumentException">An item has a version that is not written.</exception>
    public LayeredChunkEncoder(LazVlr vlr)
    {
        _recordLength = vlr.RecordLength;
        foreach (LazItem item in vlr.Items)
            if (item.Version is not (3 or 4)) throw new ArgumentException($"Item {item.Type}, version {item.Version}; 3 and 4 are written.", nameof(vlr));
        _layers = new ArithmeticEncoder[vlr.Items.Sum(item => item.Layers)];
        for (int i = 0; i < _layers.Length; i++) _layers[i] = new ArithmeticEncoder();
        _isCoded = new bool[_layers.Length];
        _header = new byte[_recordLength + 4 + (4 * _layers.Length)];
        _differences = new byte[_recordLength];

        _position = new Point14PositionEncoder(_layers[0], vlr.Items[0].Version);
        _z = new Point14ZEncoder(_layers[1]);
        _classification = new Point14BytesEncoder(_layers[2], 256);
        _flags = new Point14BytesEncoder(_layers[3], 64);
        _intensity = new Point14IntegersEncoder(_layers[4], 4);
        _scanAngle = new Point14IntegersEncoder(_layers[5], 2);
        _userData = new Point14BytesEncoder(_layers[6], 256);
        _pointSource = new Point14IntegersEncoder(_layers[7], 1);
        _gpsTime = new Point14GpsTimeEncoder(_layers[8]);

        int offset = 0;
        int layer = 0;
        foreach (LazItem item in vlr.Items)
        {
            switch (item.Type)
            {
                case LazItemType.Rgb14:
                case LazItemType.RgbNir14:
                    _rgbOffset = offset;
                    _rgb = new Rgb14Encoder(_layers[layer], item.Version);
                    if (item.Type == LazItemType.RgbNir14) _nir = new Nir14Encoder(_layers[layer + 1], item.Version);
                    break;
                case LazItemType.WavePacket14:
                    _packetOffset = offset;
                    _packetLayer = layer;
                    _packet = new WavePacket14Encoder(_layers[layer], item.Version);
                    break;
                case LazItemType.Byte14:
                    _bytesOffset = offset;
                    _bytesLayer = layer;
                    _bytes = new Byte14Encoder[item.Size];
                    for (int i = 0; i < item.Size; i++) _bytes[i] = new Byte14Encoder(_layers[layer + i], item.Version);
                    break;
            }

            offset += item.Size;
            layer += item.Layers;
        }
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> records)
    {
        int count = records.Length / _recordLength;
        Span<byte> first = _header.AsSpan(0, _recordLength);
        records[.._recordLength].CopyTo(first);
        BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(_recordLength), count);
        ChooseLayers(records, count);
        Start(first);
        for (int start = 1; start < count; start += RunLength)
        {
            int points = Math.Min(RunLength, count - start);
            EncodeRun(ref MemoryMarshal.GetReference(records.Slice(start * _recordLength, points * _recordLength)), _traces.AsSpan(0, points));
        }

        for (int i = 0; i < _layers.Length; i++)
        {
            if (_isCoded[i]) _layers[i].End();
            BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(_recordLength + 4 + (4 * i)), _layers[i].Bytes.Length);
        }
    }

    /// <inheritdoc/>
    public override long WriteTo(Stream stream)
    {
        stream.Write(_header);
        long length = _header.Length;
        foreach (ArithmeticEncoder layer in _layers)
        {
            stream.Write(layer.Bytes);
            length += layer.Bytes.Length;
        }

        return length;
    }

    // A layer is coded where any record differs from the first in the bytes of its field.
    private void ChooseLayers(ReadOnlySpan<byte> records, int count)
    {
        Span<byte> differences = _differences;
        differences.Clear();
        ReadOnlySpan<byte> first = records[.._recordLength];
        for (int i = 1; i < count; i++)
        {
            ReadOnlySpan<byte> record = records.Slice(i * _recordLength, _recordLength);
            int at = 0;
            for (; at <= record.Length - 8; at += 8) Or(differences[at..], Word(record[at..]) ^ Word(first[at..]));
            for (; at < record.Length; at++) differences[at] |= (byte)(record[at] ^ first[at]);
        }

        _isCoded[0] = _isCoded[1] = true;
        _isCoded[2] = Differs(16, 1);
        _isCoded[3] = (differences[15] & 0xCF) != 0;
        _isCoded[4] = Differs(12, 2);
        _isCoded[5] = Differs(18, 2);
        _isCoded[6] = Differs(17, 1);
        _isCoded[7] = Differs(20, 2);
        _isCoded[8] = Differs(22, 8);
        if (_rgb is not null) _isCoded[LazItem.PointLayers] = Differs(_rgbOffset, Rgb.Size);
        if (_nir is not null) _isCoded[LazItem.PointLayers + 1] = Differs(_rgbOffset + Rgb.Size, 2);
        if (_packet is not null) _isCoded[_packetLayer] = Differs(_packetOffset, WavePacket.Size);
        for (int i = 0; i < _bytes.Length; i++) _isCoded[_bytesLayer + i] = Differs(_bytesOffset + i, 1);
    }

    private bool Differs(int offset, int length) => _differences.AsSpan(offset, length).ContainsAnyExcept((byte)0);

    private static ulong Word(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<ulong>(bytes);

    private static void Or(Span<byte> bytes, ulong word) => MemoryMarshal.Write(bytes, MemoryMarshal.Read<ulong>(bytes) | word);

    private void Start(Span<byte> first)
    {
        foreach (ArithmeticEncoder layer in _layers) layer.Start();
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

    private void EncodeRun(ref byte record, Span<PointTrace> traces)
    {
        int stride = _recordLength;
        _position.Encode(ref record, stride, traces);
        _z.Encode(ref record, stride, traces);
        if (_isCoded[2]) _classification.EncodeClassification(ref record, stride, traces);
        if (_isCoded[3]) _flags.EncodeFlags(ref record, stride, traces);
        if (_isCoded[4]) _intensity.EncodeIntensity(ref record, stride, traces);
        if (_isCoded[5]) _scanAngle.EncodeScanAngle(ref record, stride, traces);
        if (_isCoded[6]) _userData.EncodeUserData(ref record, stride, traces);
        if (_isCoded[7]) _pointSource.EncodePointSource(ref record, stride, traces);
        if (_isCoded[8]) _gpsTime.Encode(ref record, stride, traces);
        if (_rgb is not null && _isCoded[LazItem.PointLayers]) _rgb.Encode(ref Unsafe.Add(ref record, _rgbOffset), stride, traces);
        if (_nir is not null && _isCoded[LazItem.PointLayers + 1]) _nir.Encode(ref Unsafe.Add(ref record, _rgbOffset + Rgb.Size), stride, traces);
        if (_packet is not null && _isCoded[_packetLayer]) _packet.Encode(ref Unsafe.Add(ref record, _packetOffset), stride, traces);
        for (int i = 0; i < _bytes.Length; i++)
            if (_isCoded[_bytesLayer + i]) _bytes[i].Encode(ref Unsafe.Add(ref record, _bytesOffset + i), stride, traces);
    }
}
