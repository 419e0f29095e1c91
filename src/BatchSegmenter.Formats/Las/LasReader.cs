using System.Buffers;
using BatchSegmenter.Formats.Laz;

namespace BatchSegmenter.Formats.Las;

/// <summary>
/// Reads LAS files, versions 1.0–1.4 and the 1.5 draft, point formats 0–10, and their compressed form (LAZ), a run of points at a
/// time in constant memory.
/// </summary>
public sealed class LasReader : PointCloudReader
{
    /// <summary>Bytes of records unpacked at once: small enough to stay in the second-level cache while each column takes its field.</summary>
    private const int RunBytes = 128 << 10;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly PointReadOptions _options;
    private byte[]? _records;
    private readonly LazVlr? _laz;
    private readonly bool _isForwardOnly;
    private LazPointReader? _decoder;
    private bool _started;
    private long _remaining;
    private long _tailLost;

    /// <summary>Opens a file.</summary>
    /// <exception cref="PointCloudException">The file is not LAS or LAZ, or its header is damaged or not supported.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public LasReader(string path, PointReadOptions? options = null)
        : this(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 4096, FileOptions.SequentialScan), path, options)
    {
    }

    /// <summary>
    /// Reads from a stream, which is closed with the reader (also where the constructor throws). One that cannot seek is read forward: what
    /// stands behind the points stays unread, and of LAZ the pointwise kind with chunks of different size cannot be decoded.
    /// </summary>
    /// <param name="stream">The file's bytes from position 0 on.</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="options">How to read; by default <see cref="PointReadOptions.Default"/>.</param>
    /// <exception cref="PointCloudException">The content is not LAS or LAZ, or its header is damaged or not supported.</exception>
    public LasReader(Stream stream, string path, PointReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(path);
        _isForwardOnly = !stream.CanSeek || stream is ForwardStream;
        _stream = stream = stream.CanSeek ? stream : new ForwardStream(stream);
        _path = path;
        _options = options ?? PointReadOptions.Default;
        try
        {
            if (PointFormatDetector.Detect(stream, path) is var format && format is not ("las" or "laz"))
                throw new UnknownPointCloudFormatException(path, $"a {format} file; LAS or LAZ was expected.");
            Las = LasHeader.Read(stream, path);
            Format = LasPointFormat.Find(Las.PointFormat)!;
            Vlrs = LasVlr.ReadAll(stream, Las.HeaderSize, Las.PointDataOffset, Las.VlrCount, isExtended: false);
            Evlrs = Las.EvlrCount > 0 && !_isForwardOnly && Las.EvlrOffset <= (ulong)stream.Length
                ? LasVlr.ReadAll(stream, (long)Las.EvlrOffset, stream.Length, Las.EvlrCount, isExtended: true)
                : [];
            ExtraBytes = LasExtraBytes.Find(Vlrs, Evlrs, Format.Length, Las.RecordLength);
            _remaining = (long)Las.PointCount;
            if (Las.IsCompressed) _laz = FindLazVlr();
            Header = new PointCloudHeader(
                Las.IsCompressed ? "laz" : "las", _remaining, Format.Attributes, Las.Min, Las.Max, LasCrs.From(Las, Vlrs, Evlrs))
            {
                Remarks = _isForwardOnly && Las.EvlrCount > 0
                    ? [$"{Las.EvlrCount} records behind the points were not read, because the source is forward-only; a reference system may be among them"] : [],
            };
            if (_laz is null) CheckLength();
        }
        catch (EndOfStreamException error)
        {
            // Only a forward-only source comes here: of the others the length is known.
            long end = stream.Position;
            stream.Dispose();
            throw new InvalidPointCloudException(path, end, "the source ends in front of the points. It is truncated.", error);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override PointCloudHeader Header { get; }

    /// <inheritdoc/>
    public override long Remaining => _remaining;

    /// <summary>The file's own header, every field of it.</summary>
    public LasHeader Las { get; }

    /// <summary>The variable length records. Fewer than the header promises where its count lies.</summary>
    public IReadOnlyList<LasVlr> Vlrs { get; }

    /// <summary>The extended variable length records behind the points. Fewer than the header promises where its count lies.</summary>
    public IReadOnlyList<LasVlr> Evlrs { get; }

    /// <summary>The documented extra bytes of a record, in record order; bytes that no descriptor names are left out.</summary>
    public IReadOnlyList<LasExtraBytes> ExtraBytes { get; }

    internal LasPointFormat Format { get; }

    internal string Path => _path;

    internal Stream Stream => _stream;

    /// <inheritdoc/>
    public override int Read(PointColumns columns, int maxPoints)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(maxPoints);
        // The length of an uncompressed file has vouched for its count. A compressed one can promise more than there is memory for,
        // so there the columns grow with what was decoded.
        if (_laz is null && !_isForwardOnly) columns.EnsureCapacity(checked(columns.Count + (int)Math.Min(maxPoints, _remaining)));
        int runPoints = Math.Max(1, RunBytes / Las.RecordLength), done = 0;
        _records ??= ArrayPool<byte>.Shared.Rent(runPoints * Las.RecordLength);
        while (done < maxPoints)
        {
            Span<byte> records = _records.AsSpan(0, Math.Min(maxPoints - done, runPoints) * Las.RecordLength);
            int points = ReadRecords(records, columns.Attributes, mayLose: done == 0);
            if (points == 0) break;
            if (done == 0) FirstIndex = Header.PointCount - _tailLost - _remaining - points;
            columns.EnsureCapacity(checked(columns.Count + points));
            LasRecordUnpacker.Unpack(records, points, Las, Format, columns);
            done += points;
        }

        return done;
    }

    /// <summary>
    /// Reads the next points as uncompressed records, <see cref="LasHeader.RecordLength"/> bytes each, exactly as an uncompressed
    /// file holds them.
    /// </summary>
    /// <param name="records">Room for whole records; a remainder shorter than a record is left alone.</param>
    /// <returns>The number of points read; 0 only at the end (or without room for one).</returns>
    /// <exception cref="InvalidPointCloudException">The content is truncated or corrupt.</exception>
    public int ReadRecords(Span<byte> records) => ReadRecords(records, ChunkDecoder.Everything, mayLose: true);

    private int ReadRecords(Span<byte> records, PointAttributes wanted, bool mayLose)
    {
        int points = (int)Math.Min(records.Length / Las.RecordLength, _remaining);
        if (points == 0) return 0;
        records = records[..(points * Las.RecordLength)];
        if (_laz is not null) points = Decode(_laz, records, points, wanted, mayLose);
        else
        {
            if (!_started) _stream.Position = Las.PointDataOffset;
            _started = true;
            int found = _stream.ReadAtLeast(records, records.Length, throwOnEndOfStream: false);
            if (found < records.Length)
            {
                // Only a forward-only source comes here: the others were measured when they were opened.
                long length = Las.PointDataOffset + (Header.PointCount - _remaining) * Las.RecordLength + found;
                points = found / Las.RecordLength;
                LoseTail(length, _remaining - points);
            }
        }

        _remaining -= points;
        return points;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        if (_records is { } records) ArrayPool<byte>.Shared.Return(records);
        _records = null;
        _decoder?.Dispose();
        _stream.Dispose();
    }

    private int Decode(LazVlr laz, Span<byte> records, int points, PointAttributes wanted, bool mayLose)
    {
        int found;
        try
        {
            _decoder ??= new LazPointReader(
                _stream, _path, laz, Las.PointDataOffset, Header.PointCount, Las.RecordLength, _isForwardOnly, _options.Cores,
                _options.CorruptChunks == CorruptChunks.Skip ? Lose : null);
            found = _decoder.Read(records, wanted, mayLose);
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidPointCloudException(
                _path, _stream.Length, $"the file ends at byte {_stream.Length} within the compressed points; {_remaining} of {Header.PointCount} are missing.", error);
        }

        if (found != points && _options.CorruptChunks == CorruptChunks.Refuse)
            throw new InvalidPointCloudException(_path, null, $"the compressed points end {_remaining - found} points before the {Header.PointCount} that the header promises.");
        return found;
    }

    private void Lose(PointLoss loss)
    {
        _remaining -= loss.Points;
        AddLoss(loss);
    }

    private LazVlr FindLazVlr()
    {
        LasVlr record = Vlrs.FirstOrDefault(vlr => vlr.Is(LazVlr.UserId, LazVlr.RecordId))
            ?? throw new InvalidPointCloudException(
                _path, Las.HeaderSize, $"the point format byte says that the points are compressed, but none of the {Vlrs.Count} variable length records is the laszip record. The header is corrupt.");
        return LazVlr.Parse(record.Payload.Span, _path, record.PayloadOffset);
    }

    private void CheckLength()
    {
        long whole = Math.Max(0, _stream.Length - Las.PointDataOffset) / Las.RecordLength;
        if (whole < _remaining) LoseTail(_stream.Length, _remaining - whole);
    }

    /// <summary>Refuses the file for the points that are missing at its end, or does without them.</summary>
    private void LoseTail(long length, long points)
    {
        long whole = Header.PointCount - points;
        string problem = $"the file ends after {length} bytes with {whole} whole points; the header promises {Las.PointCount} points of {Las.RecordLength} bytes from byte {Las.PointDataOffset}. The file is truncated or its count wrong.";
        if (_options.CorruptChunks == CorruptChunks.Refuse) throw new InvalidPointCloudException(_path, length, problem);
        AddLoss(new PointLoss(null, Las.PointDataOffset + whole * Las.RecordLength, Math.Max(0, length - Las.PointDataOffset - whole * Las.RecordLength), whole, points, problem));
        _remaining -= points;
        _tailLost += points;
    }
}
