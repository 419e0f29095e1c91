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
    private LazPointReader? _decoder;
    private bool _started;
    private long _remaining;

    /// <summary>Opens a file.</summary>
    /// <exception cref="PointCloudException">The file is not LAS or LAZ, or its header is damaged or not supported.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public LasReader(string path, PointReadOptions? options = null)
        : this(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 4096, FileOptions.SequentialScan), path, options)
    {
    }

    /// <summary>Reads from a stream, which must be seekable and is closed with the reader (also where the constructor throws).</summary>
    /// <param name="stream">The file's bytes from position 0 on.</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="options">How to read; by default <see cref="PointReadOptions.Default"/>.</param>
    /// <exception cref="PointCloudException">The content is not LAS or LAZ, or its header is damaged or not supported.</exception>
    public LasReader(Stream stream, string path, PointReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(path);
        _stream = stream;
        _path = path;
        _options = options ?? PointReadOptions.Default;
        try
        {
            if (PointFormatDetector.Detect(stream, path) is var format && format is not ("las" or "laz"))
                throw new UnknownPointCloudFormatException(path, $"a {format} file; LAS or LAZ was expected.");
            Las = LasHeader.Read(stream, path);
            Format = LasPointFormat.Find(Las.PointFormat)!;
            Vlrs = LasVlr.ReadAll(stream, Las.HeaderSize, Las.PointDataOffset, Las.VlrCount, isExtended: false);
            Evlrs = Las.EvlrCount > 0 && Las.EvlrOffset <= (ulong)stream.Length
                ? LasVlr.ReadAll(stream, (long)Las.EvlrOffset, stream.Length, Las.EvlrCount, isExtended: true)
                : [];
            ExtraBytes = LasExtraBytes.Find(Vlrs, Evlrs, Format.Length, Las.RecordLength);
            _remaining = (long)Las.PointCount;
            if (Las.IsCompressed) _laz = FindLazVlr();
            else CheckLength();
            Header = new PointCloudHeader(
                Las.IsCompressed ? "laz" : "las", _remaining, Format.Attributes, Las.Min, Las.Max, LasCrs.From(Las, Vlrs, Evlrs));
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
        int wanted = (int)Math.Min(maxPoints, _remaining);
        FirstIndex = Header.PointCount - _remaining;
        // The length of an uncompressed file has vouched for its count. A compressed one can promise more than there is memory for,
        // so there the columns grow with what was decoded.
        if (_laz is null) columns.EnsureCapacity(checked(columns.Count + wanted));
        int runPoints = Math.Max(1, RunBytes / Las.RecordLength);
        _records ??= ArrayPool<byte>.Shared.Rent(runPoints * Las.RecordLength);
        for (int done = 0; done < wanted;)
        {
            int points = Math.Min(wanted - done, runPoints);
            Span<byte> records = _records.AsSpan(0, points * Las.RecordLength);
            ReadRecords(records);
            columns.EnsureCapacity(checked(columns.Count + points));
            LasRecordUnpacker.Unpack(records, points, Las, Format, columns);
            done += points;
        }

        return wanted;
    }

    /// <summary>
    /// Reads the next points as uncompressed records, <see cref="LasHeader.RecordLength"/> bytes each, exactly as an uncompressed
    /// file holds them.
    /// </summary>
    /// <param name="records">Room for whole records; a remainder shorter than a record is left alone.</param>
    /// <returns>The number of points read; 0 only at the end (or without room for one).</returns>
    /// <exception cref="InvalidPointCloudException">The content is truncated or corrupt.</exception>
    public int ReadRecords(Span<byte> records)
    {
        int points = (int)Math.Min(records.Length / Las.RecordLength, _remaining);
        if (points == 0) return 0;
        records = records[..(points * Las.RecordLength)];
        if (_laz is not null) Decode(_laz, records, points);
        else
        {
            if (!_started) _stream.Position = Las.PointDataOffset;
            _started = true;
            int found = _stream.ReadAtLeast(records, records.Length, throwOnEndOfStream: false);
            if (found < records.Length) throw Truncated(_stream.Length);
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

    private void Decode(LazVlr laz, Span<byte> records, int points)
    {
        int found;
        try
        {
            _decoder ??= new LazPointReader(_stream, _path, laz, Las.PointDataOffset, Header.PointCount, Las.RecordLength);
            found = _decoder.Read(records);
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidPointCloudException(
                _path, _stream.Length, $"the file ends at byte {_stream.Length} within the compressed points; {_remaining} of {Header.PointCount} are missing.", error);
        }

        if (found != points)
            throw new InvalidPointCloudException(_path, null, $"the compressed points end {_remaining - found} points before the {Header.PointCount} that the header promises.");
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
        long room = _stream.Length - Las.PointDataOffset;
        if (room / Las.RecordLength < _remaining) throw Truncated(_stream.Length);
    }

    private InvalidPointCloudException Truncated(long length)
    {
        long whole = Math.Max(0, length - Las.PointDataOffset) / Las.RecordLength;
        return new InvalidPointCloudException(
            _path, length,
            $"the file ends after {length} bytes with {whole} whole points; the header promises {Las.PointCount} points of {Las.RecordLength} bytes from byte {Las.PointDataOffset}. The file is truncated or its count wrong.");
    }
}
