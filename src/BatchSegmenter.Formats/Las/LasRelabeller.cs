using System.Buffers;
using System.Buffers.Binary;
using BatchSegmenter.Formats.Laz;

namespace BatchSegmenter.Formats.Las;

/// <summary>
/// Copies a LAS or LAZ file with other classes, to LAS or to LAZ: every byte of the source comes back but for the class codes, a
/// confidence and a record that are added if asked for (the former a float32 extra-bytes attribute), and the layout fields that follow from those (offsets,
/// counts, record length, compression bits, laszip VLR, extra-bytes VLR). Flag bits stay. A COPC record and its hierarchy are dropped
/// from a compressed source, since they would lie. With the source's own classes and nothing added an uncompressed file comes back
/// byte for byte, also by way of LAZ. Constant memory.
/// </summary>
public sealed class LasRelabeller : IDisposable
{
    private const int RunPoints = 4096;
    private const string Confidence = "confidence";

    private readonly LasReader _source;
    private readonly Stream _destination;
    private readonly LasPointFormat _format;
    private readonly int _confidenceOffset;
    private readonly int _recordLength;
    private readonly byte[] _header;
    private readonly long _pointCount;
    private readonly long[]? _returns;
    private readonly long _start;
    private readonly LazPointWriter? _laz;
    private List<LasVlr>? _tail;
    private byte[]? _records;
    private bool _isComplete;

    /// <summary>Writes the header and the variable length records.</summary>
    /// <param name="source">The source, of which no point has been read; it stays open when this is disposed.</param>
    /// <param name="destination">
    /// Where the file goes, from the stream's position on; left open. Written forward only if uncompressed, or where it cannot seek.
    /// </param>
    /// <param name="withConfidence">Whether each point gets a <c>confidence</c>. One that the source has already (as one float32) is overwritten.</param>
    /// <param name="compressed">Whether to write LAZ, in chunks of 50,000 points.</param>
    /// <param name="cores">Threads that compress, the caller's included; at least 1. The file does not depend on it.</param>
    /// <param name="pointCount">
    /// Points that will be written, where a damaged source is known to give fewer than its header promises (and the destination can seek); null for all.
    /// </param>
    /// <param name="record">
    /// A record to add in front of the points, in place of those that the source has under the same ids; null for none.
    /// </param>
    /// <exception cref="ArgumentException">Compressed output of a source that has records behind its points needs a stream that can seek.</exception>
    /// <exception cref="UnsupportedPointCloudException">The layout leaves no room for a confidence.</exception>
    public LasRelabeller(
        LasReader source, Stream destination, bool withConfidence, bool compressed = false, int cores = 1, long? pointCount = null, LasVlr? record = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        if (pointCount is null && source.Remaining != source.Header.PointCount) throw new ArgumentException("Points of the source have been read already.", nameof(source));
        _source = source;
        _pointCount = pointCount ?? source.Header.PointCount;
        _returns = pointCount is null ? null : new long[16];
        _destination = destination;
        _format = source.Format;
        LasHeader las = source.Las;
        _recordLength = las.RecordLength;
        _confidenceOffset = -1;
        bool addsConfidence = false;
        if (withConfidence)
        {
            LasExtraBytes? present = source.ExtraBytes.FirstOrDefault(e => e is { Name: Confidence, Type: LasExtraBytesType.Float32, Components: 1 });
            addsConfidence = present is null;
            _confidenceOffset = present?.Offset ?? las.RecordLength;
            if (addsConfidence) _recordLength += sizeof(float);
            if (_recordLength > ushort.MaxValue)
                throw new UnsupportedPointCloudException(source.Path, 105, $"the record length of {las.RecordLength} leaves no room for a confidence; write without it.");
        }

        List<LasVlr> vlrs = Vlrs(addsConfidence, compressed);
        if (record is not null)
        {
            vlrs.RemoveAll(vlr => vlr.Is(record.UserId, record.RecordId));
            vlrs.Add(record);
        }

        LazVlr? laz = compressed ? LazVlr.Create(_format.Id, _recordLength - _format.Length) : null;
        if (laz is not null) vlrs.Add(laz.ToRecord());
        byte[] header = _header = las.Bytes.ToArray();
        long vlrShift = vlrs.Sum(vlr => vlr.End - vlr.Offset) - source.Vlrs.Sum(vlr => vlr.End - vlr.Offset);
        long pointDataOffset = las.PointDataOffset + vlrShift;
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(96), checked((uint)pointDataOffset));
        if (vlrShift != 0 || record is not null) BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(100), (uint)vlrs.Count);
        header[104] = (byte)(compressed ? las.PointFormat | LasHeader.CompressedBit : las.IsCompressed ? las.PointFormat : las.Bytes[104]);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(105), (ushort)_recordLength);
        if (destination.CanSeek) _start = destination.Position;
        if (!compressed) PlaceTail(pointDataOffset + _recordLength * _pointCount);
        else if (!destination.CanSeek && HasTail)
            throw new ArgumentException("The destination must be seekable: where the records behind the points will stand is known last.", nameof(destination));

        _destination.Write(header);
        foreach (LasVlr vlr in vlrs) _destination.Write(vlr.ToBytes());
        long listEnd = source.Vlrs.Count == 0 ? las.HeaderSize : source.Vlrs[^1].End;
        Copy(listEnd, las.PointDataOffset - listEnd);
        if (laz is not null) _laz = new LazPointWriter(destination, laz, pointDataOffset, cores);
        _records = ArrayPool<byte>.Shared.Rent(RunPoints * _recordLength);
    }

    /// <summary>Points written so far.</summary>
    public long Written { get; private set; }

    private bool HasTail =>
        _source.Las.WaveformOffset > 0 || _source.Las.EvlrCount > 0 || (!_source.Las.IsCompressed && SourcePointsEnd < _source.Stream.Length);

    private long SourcePointsEnd => _source.Las.PointDataOffset + _source.Las.RecordLength * _source.Header.PointCount;

    /// <summary>Labels the next points, in file order.</summary>
    /// <param name="classCodes">The new class code of each point.</param>
    /// <param name="confidence">The confidence of each point; not looked at unless the relabeller was made with one.</param>
    /// <exception cref="UnsupportedPointCloudException">A class code does not fit the point format.</exception>
    /// <exception cref="InvalidPointCloudException">The source is truncated or corrupt.</exception>
    public void Write(ReadOnlySpan<byte> classCodes, ReadOnlySpan<float> confidence)
    {
        ObjectDisposedException.ThrowIf(_records is null, this);
        if (classCodes.Length > _source.Remaining)
            throw new ArgumentException($"{classCodes.Length} more labels, but {_source.Remaining} points are left.", nameof(classCodes));
        if (_confidenceOffset >= 0 && confidence.Length != classCodes.Length)
            throw new ArgumentException($"{confidence.Length} confidences for {classCodes.Length} class codes.", nameof(confidence));
        int misfit = _format.MaxClassCode == 255 ? -1 : classCodes.IndexOfAnyExceptInRange((byte)0, (byte)_format.MaxClassCode);
        if (misfit >= 0)
            throw new UnsupportedPointCloudException(
                _source.Path, null,
                $"class code {classCodes[misfit]} of point {Written + misfit} does not fit point format {_format.Id}, which holds codes 0 to {_format.MaxClassCode}; convert the input first (translate --point-format 6) or map the class to another code.");

        for (int start = 0; start < classCodes.Length; start += RunPoints)
        {
            int points = Math.Min(RunPoints, classCodes.Length - start);
            Span<byte> records = Next(points);
            for (int i = 0; i < points; i++)
            {
                ref byte field = ref records[i * _recordLength + _format.Classification];
                field = _format.IsExtended ? classCodes[start + i] : (byte)(field & 0xE0 | classCodes[start + i]);
            }

            if (_confidenceOffset >= 0)
                for (int i = 0; i < points; i++)
                    BinaryPrimitives.WriteSingleLittleEndian(records[(i * _recordLength + _confidenceOffset)..], confidence[start + i]);
            WriteRecords(records);
        }
    }

    /// <summary>Copies the next points as they are.</summary>
    internal void WriteUnchanged(int points)
    {
        ObjectDisposedException.ThrowIf(_records is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(points, RunPoints);
        WriteRecords(Next(points));
    }

    /// <summary>Copies what follows the points in the source: extended variable length records and waveforms.</summary>
    /// <exception cref="InvalidOperationException">Not every point was labelled.</exception>
    public void Complete()
    {
        if (_isComplete) return;
        if (Written < _pointCount) throw new InvalidOperationException($"{_source.Path}: {_pointCount - Written} of {_pointCount} points were not labelled.");
        if (_laz is not null)
        {
            _laz.Complete();
            PlaceTail(BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(96)) + _laz.Length);
        }

        if (_returns is not null) CorrectCounts(_returns);
        if (_laz is not null || _returns is not null) RewriteHeader();

        if (_tail is null) Copy(SourcePointsEnd, _source.Stream.Length - SourcePointsEnd);
        else
            foreach (LasVlr record in _tail) Copy(record.Offset, record.End - record.Offset);
        _isComplete = true;
    }

    /// <summary>Gives the buffer back. Source and destination stay open.</summary>
    public void Dispose()
    {
        _laz?.Dispose();
        if (_records is { } records) ArrayPool<byte>.Shared.Return(records);
        _records = null;
    }

    /// <summary>The next points as records of the new length, the added bytes undefined.</summary>
    private Span<byte> Next(int points)
    {
        int oldLength = _source.Las.RecordLength;
        Span<byte> records = _records.AsSpan(0, points * _recordLength);
        // A source whose losses are skipped stops in front of each.
        for (int read = 0, count; read < points; read += count)
        {
            count = _source.ReadRecords(records[(read * oldLength)..(points * oldLength)]);
            if (count == 0) throw new InvalidPointCloudException(_source.Path, null, $"the source ended {points - read} points early.");
        }

        if (oldLength < _recordLength)
            for (int i = points - 1; i > 0; i--) // from behind, so that no record is overwritten before it has moved
                records.Slice(i * oldLength, oldLength).CopyTo(records[(i * _recordLength)..]);
        return records;
    }

    private void WriteRecords(ReadOnlySpan<byte> records)
    {
        Written += records.Length / _recordLength;
        int mask = _format.IsExtended ? 0xF : 0x7;
        if (_returns is not null)
            for (int i = _format.Returns; i < records.Length; i += _recordLength) _returns[records[i] & mask]++;
        if (_laz is not null) _laz.Write(records);
        else _destination.Write(records);
    }

    private void CorrectCounts(long[] returns)
    {
        Span<byte> header = _header;
        if (_source.Las.LegacyPointCount > 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header[107..], (uint)Written);
            for (int i = 0; i < 5; i++) BinaryPrimitives.WriteUInt32LittleEndian(header[(111 + 4 * i)..], (uint)returns[i + 1]);
        }

        if (header.Length < 375 || _source.Las.VersionMinor < 4) return;
        BinaryPrimitives.WriteInt64LittleEndian(header[247..], Written);
        for (int i = 0; i < 15; i++) BinaryPrimitives.WriteInt64LittleEndian(header[(255 + 8 * i)..], returns[i + 1]);
    }

    // Where the compressed points end, and what follows them starts, is known last.
    private void RewriteHeader()
    {
        if (!_destination.CanSeek) return;
        long end = _destination.Position;
        _destination.Position = _start;
        _destination.Write(_header);
        _destination.Position = end;
    }

    private List<LasVlr> Vlrs(bool addsConfidence, bool compressed)
    {
        bool isOrWasCompressed = compressed || _source.Las.IsCompressed;
        List<LasVlr> vlrs = [.. _source.Vlrs.Where(vlr => !isOrWasCompressed || !(vlr.Is(LazVlr.UserId, LazVlr.RecordId) || vlr.Is("copc", 1)))];
        if (!addsConfidence) return vlrs;
        if (_source.Evlrs.Any(vlr => vlr.Is("LASF_Spec", LasExtraBytes.RecordId)))
            throw new UnsupportedPointCloudException(
                _source.Path, (long)_source.Las.EvlrOffset, "the extra bytes are described behind the points, where no confidence can be added; write without it.");
        string name = _source.ExtraBytes.Any(e => e.Name == Confidence) ? "label_" + Confidence : Confidence;
        byte[] descriptor = LasExtraBytes.Descriptor(name, LasExtraBytesType.Float32, "winning class's share of votes");
        return LasExtraBytes.Append(vlrs, _format.Length, _source.Las.RecordLength, descriptor);
    }

    /// <summary>Tells the header where that will stand which is kept from behind the points: all of it, or the records behind a compressed stream.</summary>
    private void PlaceTail(long pointsEnd)
    {
        LasHeader las = _source.Las;
        if (las.IsCompressed) _tail = PlaceRecords(_header, pointsEnd);
        else
        {
            Shift(227, las.WaveformOffset, pointsEnd - SourcePointsEnd);
            Shift(235, las.EvlrOffset, pointsEnd - SourcePointsEnd);
        }
    }

    private List<LasVlr> PlaceRecords(byte[] header, long pointsEnd)
    {
        LasHeader las = _source.Las;
        List<LasVlr> tail = [.. _source.Evlrs.Where(vlr => !vlr.Is("copc", 1000))];
        if (header.Length >= 247 && las.VersionMinor >= 4)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(235), tail.Count == 0 ? 0 : (ulong)pointsEnd);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(243), (uint)tail.Count);
        }

        if (las.WaveformOffset == 0) return tail;
        long waveforms = las.WaveformOffset <= (ulong)_source.Stream.Length ? (long)las.WaveformOffset : -1;
        if (waveforms >= 0 && !tail.Exists(vlr => vlr.Offset == waveforms))
            tail.AddRange(LasVlr.ReadAll(_source.Stream, waveforms, _source.Stream.Length, 1, isExtended: true));
        long position = pointsEnd, placed = 0;
        foreach (LasVlr record in tail)
        {
            if (record.Offset == waveforms) placed = position;
            position += record.End - record.Offset;
        }

        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(227), placed);
        return tail;
    }

    private void Shift(int field, ulong value, long by)
    {
        if (value >= (ulong)SourcePointsEnd && value > 0) BinaryPrimitives.WriteUInt64LittleEndian(_header.AsSpan(field), value + (ulong)by);
    }

    private void Copy(long offset, long length)
    {
        if (length <= 0) return;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            _source.Stream.Position = offset;
            while (length > 0)
            {
                int wanted = (int)Math.Min(buffer.Length, length);
                _source.Stream.ReadExactly(buffer, 0, wanted);
                _destination.Write(buffer, 0, wanted);
                length -= wanted;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
