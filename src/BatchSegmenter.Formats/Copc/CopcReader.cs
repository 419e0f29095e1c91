using System.Buffers;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Formats.Laz;

namespace BatchSegmenter.Formats.Copc;

/// <summary>
/// Reads the points of a COPC file that a query asks for, fetching its header, the hierarchy pages and the chunks that are needed and
/// nothing else. Chunks come in file order. A whole file is better read by <see cref="LasReader"/>, which needs no hierarchy.
/// </summary>
/// <remarks>
/// So that <see cref="PointCloudHeader.PointCount"/> is exact, chunks that the box cuts have their positions decoded when the file is
/// opened, and are fetched again when they are read. Where one of them has points outside of its node's cube, no cube is believed, and every chunk of the
/// levels asked for is searched; <see cref="PointCloudHeader.Remarks"/> says so.
/// </remarks>
public sealed class CopcReader : PointCloudReader
{
    private const int RunBytes = 128 << 10;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly CopcQuery _query;
    private readonly LasPointFormat _format;
    private readonly List<CopcNode> _nodes;
    private bool _hasStrays;
    private readonly CopcChunkReader _chunk;
    private byte[]? _run;
    private int _next;
    private CopcNode? _node;
    private long _remaining;

    private CopcReader(Stream stream, string path, CopcQuery query)
    {
        _stream = stream;
        _path = path;
        _query = query;
        if (PointFormatDetector.Detect(stream, path) is var format && format is not ("las" or "laz"))
            throw new UnknownPointCloudFormatException(path, $"a {format} file; COPC was expected.");
        Las = LasHeader.Read(stream, path);
        _format = LasPointFormat.Find(Las.PointFormat)!;
        Vlrs = LasVlr.ReadAll(stream, Las.HeaderSize, Las.PointDataOffset, Las.VlrCount, isExtended: false);
        LasVlr copc = Vlrs.FirstOrDefault(vlr => vlr.Is(CopcOctree.UserId, CopcOctree.RecordId))
            ?? throw new UnsupportedPointCloudException(path, Las.HeaderSize, "the file has no COPC record, so it cannot be read by bounds or level; read it whole.");
        CopcOctree octree = CopcOctree.Parse(copc, path);
        _nodes = CopcHierarchy.Find(stream, path, Las, octree, query, areCubesBelieved: true);
        _chunk = new CopcChunkReader(stream, path, FindLazVlr());
        _remaining = Count();
        if (_hasStrays)
        {
            _nodes = CopcHierarchy.Find(stream, path, Las, octree, query, areCubesBelieved: false);
            _remaining = Count();
        }

        Header = new PointCloudHeader("copc", _remaining, _format.Attributes, Clip(Las.Min), Clip(Las.Max), FindCrs())
        {
            Remarks = _hasStrays ? ["points lie outside of the cubes of their octree's nodes; every chunk was searched for those within the box."] : [],
        };
    }

    /// <inheritdoc/>
    public override PointCloudHeader Header { get; }

    /// <inheritdoc/>
    public override long Remaining => _remaining;

    /// <summary>The file's own header; it tells of the whole file, not of the query.</summary>
    public LasHeader Las { get; }

    /// <summary>The variable length records in front of the points.</summary>
    public IReadOnlyList<LasVlr> Vlrs { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="PointCloudException">The file is not COPC, or its header or hierarchy is damaged.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static CopcReader Open(string path, CopcQuery? query = null) =>
        Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 4096, FileOptions.RandomAccess), path, query);

    /// <summary>Reads from a stream, which must be seekable and is closed with the reader (also where this throws).</summary>
    /// <param name="stream">The file's bytes from position 0 on; ranges of it are read.</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="query">What to read; by default <see cref="CopcQuery.Everything"/>.</param>
    /// <exception cref="PointCloudException">The content is not COPC, or its header or hierarchy is damaged.</exception>
    public static CopcReader Open(Stream stream, string path, CopcQuery? query = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return new CopcReader(stream, path, query ?? CopcQuery.Everything);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override int Read(PointColumns columns, int maxPoints)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(maxPoints);
        FirstIndex = Header.PointCount - _remaining;
        _run ??= ArrayPool<byte>.Shared.Rent(Math.Max(RunBytes, Las.RecordLength));
        int runPoints = Math.Max(1, RunBytes / Las.RecordLength), done = 0;
        while (done < maxPoints)
        {
            int points = ReadRecords(_run.AsSpan(0, Math.Min(maxPoints - done, runPoints) * Las.RecordLength), columns.Attributes);
            if (points == 0) break;
            columns.EnsureCapacity(checked(columns.Count + points));
            LasRecordUnpacker.Unpack(_run, points, Las, _format, columns);
            done += points;
        }

        return done;
    }

    /// <summary>Reads the next points as uncompressed records, <see cref="LasHeader.RecordLength"/> bytes each.</summary>
    /// <param name="records">Room for whole records; a remainder shorter than a record is left alone.</param>
    /// <returns>The number of points read, which may be fewer than there is room for; 0 only at the end (or without room for one).</returns>
    /// <exception cref="InvalidPointCloudException">A chunk is truncated or corrupt.</exception>
    public int ReadRecords(Span<byte> records) => ReadRecords(records, ChunkDecoder.Everything);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        if (_run is { } run) ArrayPool<byte>.Shared.Return(run);
        _run = null;
        _stream.Dispose();
    }

    private int ReadRecords(Span<byte> records, PointAttributes wanted)
    {
        if (records.Length < Las.RecordLength) return 0;
        while (true)
        {
            if (_node is null || _chunk.Remaining == 0)
            {
                if (_next == _nodes.Count) return 0;
                _node = _nodes[_next++];
                _chunk.Start(_node, wanted);
            }

            int points = _chunk.Decode(records, wanted);
            if (!_node.IsWithin) points = KeepWithin(records[..(points * Las.RecordLength)]);
            _remaining -= points;
            if (points > 0) return points;
        }
    }

    private long Count() => _nodes.Sum(node => node.IsWithin ? node.Points : Count(node));

    private int Count(CopcNode node)
    {
        byte[] run = ArrayPool<byte>.Shared.Rent(Math.Max(RunBytes, Las.RecordLength));
        int within = 0;
        _chunk.Start(node, PointAttributes.None);
        for (int points; (points = _chunk.Decode(run, PointAttributes.None)) > 0;)
        {
            Span<byte> records = run.AsSpan(0, points * Las.RecordLength);
            for (int at = 0; at < records.Length && !_hasStrays; at += Las.RecordLength) _hasStrays = !node.Cube.Contains(PositionOf(records[at..]));
            within += KeepWithin(records);
        }

        ArrayPool<byte>.Shared.Return(run);
        return within;
    }

    /// <summary>Moves the records within the box to the front; returns their number.</summary>
    private int KeepWithin(Span<byte> records)
    {
        int stride = Las.RecordLength, kept = 0;
        for (int at = 0; at < records.Length; at += stride)
        {
            Span<byte> record = records.Slice(at, stride);
            if (!_query.Contains(PositionOf(record))) continue;
            if (at != kept * stride) record.CopyTo(records[(kept * stride)..]);
            kept++;
        }

        return kept;
    }

    private (double X, double Y, double Z) PositionOf(ReadOnlySpan<byte> record)
    {
        (double X, double Y, double Z) scale = Las.Scale, offset = Las.Offset;
        return (BitConverter.ToInt32(record) * scale.X + offset.X, BitConverter.ToInt32(record[4..]) * scale.Y + offset.Y, BitConverter.ToInt32(record[8..]) * scale.Z + offset.Z);
    }

    private (double X, double Y, double Z) Clip((double X, double Y, double Z) corner) => _remaining == 0 ? corner :
        (Within(corner.X, _query.Min.X, _query.Max.X), Within(corner.Y, _query.Min.Y, _query.Max.Y), Within(corner.Z, _query.Min.Z, _query.Max.Z));

    private static double Within(double value, double min, double max) => Math.Min(Math.Max(value, min), max);

    private LazVlr FindLazVlr()
    {
        LasVlr? record = Vlrs.FirstOrDefault(vlr => vlr.Is(LazVlr.UserId, LazVlr.RecordId));
        LazVlr? vlr = record is null ? null : LazVlr.Parse(record.Payload.Span, _path, record.PayloadOffset);
        return vlr is { Compressor: LazCompressor.LayeredChunked } && vlr.RecordLength == Las.RecordLength ? vlr
            : throw new InvalidPointCloudException(
                _path, Las.HeaderSize, $"a COPC record, but no laszip record of layered chunks with {Las.RecordLength} bytes per point beside it. The header is corrupt.");
    }

    /// <summary>The records behind the points hold the hierarchy too, so they are read only where those in front name no system.</summary>
    private CoordinateReferenceSystem FindCrs()
    {
        CoordinateReferenceSystem crs = LasCrs.From(Las, Vlrs, []);
        if (crs != CoordinateReferenceSystem.Unknown || Las.EvlrCount < 2 || Las.EvlrOffset > (ulong)_stream.Length) return crs;
        return LasCrs.From(Las, Vlrs, LasVlr.ReadAll(_stream, (long)Las.EvlrOffset, _stream.Length, Las.EvlrCount, isExtended: true));
    }
}
