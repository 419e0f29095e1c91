using System.Buffers;
using System.Buffers.Binary;

namespace BatchSegmenter.Formats.Laz;

/// <summary>
/// Decodes the points of a LAZ file into LAS records, in file order. On one thread it holds one chunk's compressed bytes at a time, and where
/// the table of chunks is missing or does not fit, chunks are found by reading on. On several, or where damaged chunks are to be skipped,
/// chunks are decoded whole (<see cref="ChunkQueue"/>).
/// </summary>
internal sealed class LazPointReader : IDisposable
{
    private const int ChunkTableOffsetLength = 8;
    private const int StreamBufferLength = 1 << 16;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly LazVlr _vlr;
    private readonly int _recordLength;
    private readonly long _pointCount;
    private readonly Action<PointLoss>? _lose;
    private readonly Chunk[]? _chunks;
    private readonly ChunkQueue? _queue;
    private readonly PointwiseChunkDecoder? _pointwise;
    private readonly LayeredChunkDecoder? _layered;
    private byte[] _buffer = [];
    private long _remaining;

    private int _index = -1;
    private Chunk _chunk;
    private long _chunkRemaining;
    private bool _lengthKnown;
    private PointAttributes _chunkWanted;
    private DecodedChunk? _decoded;
    private int _decodedTaken;
    private PointLoss? _loss;

    /// <summary>Gets ready to decode; reads the chunk table, if there is one.</summary>
    /// <param name="stream">The file: seekable, and not to be moved by others from now on. It is not disposed.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="vlr">How points are stored.</param>
    /// <param name="pointDataOffset">Byte offset of the point data.</param>
    /// <param name="pointCount">Points in the file, from its header.</param>
    /// <param name="recordLength">Bytes per record, from its header.</param>
    /// <param name="isForwardOnly">Whether only a little of what was read can be read again: then there is no chunk table.</param>
    /// <param name="cores">Threads that decode.</param>
    /// <param name="lose">Told of points that are skipped, before the points behind them are read; null refuses damaged files.</param>
    /// <exception cref="InvalidPointCloudException">
    /// The items do not make up a record, or chunks of different size have no usable table.
    /// </exception>
    /// <exception cref="UnsupportedPointCloudException">The source is forward-only, but the layout needs the table at the end.</exception>
    public LazPointReader(
        Stream stream, string path, LazVlr vlr, long pointDataOffset, long pointCount, int recordLength,
        bool isForwardOnly = false, int cores = 1, Action<PointLoss>? lose = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pointCount);
        _stream = stream;
        _path = path;
        _vlr = vlr;
        _recordLength = recordLength;
        _remaining = _pointCount = pointCount;
        _lose = lose;
        if (vlr.RecordLength != recordLength)
        {
            throw new InvalidPointCloudException(
                path, pointDataOffset,
                $"the header gives records of {recordLength} bytes, but the items of the laszip record add up to {vlr.RecordLength}.");
        }

        if (pointCount == 0) return;
        switch (vlr.Compressor)
        {
            case LazCompressor.None:
                break;
            case LazCompressor.LayeredChunked:
                _layered = new LayeredChunkDecoder(vlr);
                break;
            default:
                _pointwise = new PointwiseChunkDecoder(vlr);
                break;
        }

        bool chunked = vlr.Compressor is LazCompressor.PointwiseChunked or LazCompressor.LayeredChunked;
        _chunk = new Chunk(chunked ? pointDataOffset + ChunkTableOffsetLength : pointDataOffset, 0, 0);
        if (!chunked) return;
        bool isVariable = vlr.ChunkSize == LazVlr.VariableChunkSize;
        if (isForwardOnly)
        {
            if (isVariable && _layered is null)
                throw new UnsupportedPointCloudException(path, pointDataOffset, "chunks of different size are listed at the end of the file, which a forward-only source has not reached; read it from a file.");
            return;
        }

        bool skips = lose is not null;
        _chunks = ChunkTable.Read(stream, pointDataOffset, vlr, pointCount, out string? problem, mayBeShort: skips);
        if (_chunks is null && _layered is not null && (isVariable || skips || cores > 1))
            _chunks = ChunkTable.Scan(stream, pointDataOffset, _layered, pointCount);
        if (skips && _layered is not null && _chunks is { Length: > 0 }) _chunks[^1] = ChunkTable.Correct(stream, _chunks[^1], _layered);
        if (!skips && isVariable && (_chunks is null || _chunks.Sum(chunk => chunk.Points) < pointCount))
        {
            throw new InvalidPointCloudException(
                path, pointDataOffset, $"{problem}; without its table a file with chunks of different size can not be decoded.");
        }

        if (_chunks is not null && (skips || cores > 1) && ChunkQueue.Takes(_chunks, recordLength)) _queue = new ChunkQueue(stream, vlr, _chunks, cores);
    }

    /// <summary>Decodes the next points, as many as there is room for and as remain; fewer in front of points that are lost.</summary>
    /// <param name="records">Gets whole records; bytes beyond the last whole record are left alone.</param>
    /// <param name="wanted">
    /// The attributes that are needed. Layers of others may be left undecoded, so that in the same chunk no more can be asked for later.
    /// </param>
    /// <param name="mayLose">Whether points may be skipped before the first; otherwise 0 is returned in front of them.</param>
    /// <returns>Points decoded; 0 at the end, or where there is no room for a point.</returns>
    /// <exception cref="InvalidPointCloudException">The points end early, or a chunk is corrupt.</exception>
    /// <exception cref="InvalidOperationException">More attributes are wanted than were when the chunk was begun.</exception>
    /// <exception cref="UnsupportedPointCloudException">A layered chunk is too long for an array.</exception>
    public int Read(Span<byte> records, PointAttributes wanted = ChunkDecoder.Everything, bool mayLose = true)
    {
        while (true)
        {
            if (_loss is { } loss)
            {
                if (!mayLose) return 0;
                _loss = null;
                _remaining -= loss.Points;
                _lose!(loss);
            }

            int room = (int)Math.Min(records.Length / _recordLength, _remaining);
            int done = _queue is not null ? ReadDecoded(_queue, records, room, wanted) : ReadOn(records, room, wanted);
            if (done > 0 || _loss is null) return done;
        }
    }

    /// <summary>Gives back the buffers, once no thread decodes any more.</summary>
    public void Dispose()
    {
        if (_decoded is not null) ChunkQueue.Release(_decoded);
        _decoded = null;
        _queue?.Dispose();
        ReturnBuffer();
    }

    private int ReadOn(Span<byte> records, int room, PointAttributes wanted)
    {
        int done = 0;
        try
        {
            while (done < room)
            {
                int count = 1;
                if (_chunkRemaining == 0) StartChunk(records.Slice(done * _recordLength, _recordLength), wanted);
                else
                {
                    ChunkDecoder.Require(wanted, _chunkWanted);
                    count = (int)Math.Min(room - done, _chunkRemaining);
                    Decode(records.Slice(done * _recordLength, count * _recordLength));
                }

                done += count;
                _remaining -= count;
                _chunkRemaining -= count;
                if (_chunkRemaining == 0) EndChunk();
            }
        }
        catch (Exception fault) when (_lose is not null && fault is InvalidPointCloudException or EndOfStreamException)
        {
            // Where the next chunk begins can not be told.
            string problem = fault is InvalidPointCloudException invalid ? invalid.Problem : "the file ends within the compressed points";
            _loss = new PointLoss(_index, _chunk.Offset, Math.Max(0, _stream.Length - _chunk.Offset), _pointCount - _remaining, _remaining, problem);
        }

        return done;
    }

    private int ReadDecoded(ChunkQueue queue, Span<byte> records, int room, PointAttributes wanted)
    {
        int done = 0;
        while (done < room)
        {
            if (_decoded is null)
            {
                _decoded = queue.Next(wanted);
                _decodedTaken = 0;
                if (_decoded is null)
                {
                    // Only where a short table was taken for good enough.
                    _loss = new PointLoss(null, _stream.Length, 0, _pointCount - _remaining, _remaining, $"the header promises {_pointCount} points, but the chunks hold {_pointCount - _remaining}");
                    break;
                }

                (_index, _chunk) = (_decoded.Index, _decoded.Chunk);
                if (_decoded.Problem is { } problem)
                {
                    ChunkQueue.Release(_decoded);
                    _decoded = null;
                    if (_lose is null) throw Invalid(problem);
                    long points = Math.Min(_chunk.Points, _remaining), length = Math.Min(_chunk.Length, Math.Max(0, _stream.Length - _chunk.Offset));
                    _loss = new PointLoss(_index, _chunk.Offset, length, _pointCount - _remaining, points, problem);
                    break;
                }
            }

            ChunkDecoder.Require(wanted, _decoded.Wanted);
            int count = Math.Min(room - done, (int)_decoded.Chunk.Points - _decodedTaken), bytes = count * _recordLength;
            _decoded.Records.AsSpan(_decodedTaken * _recordLength, bytes).CopyTo(records[(done * _recordLength)..]);
            done += count;
            _remaining -= count;
            _decodedTaken += count;
            if (_decodedTaken < _decoded.Chunk.Points) continue;
            ChunkQueue.Release(_decoded);
            _decoded = null;
        }

        return done;
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length != 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void StartChunk(Span<byte> first, PointAttributes wanted)
    {
        _index++;
        long rest = _stream.Length - _chunk.Offset;
        if (_chunks is not null) _chunk = _chunks[_index];
        else
        {
            bool fixedSize = _vlr.Compressor is LazCompressor.PointwiseChunked or LazCompressor.LayeredChunked;
            _chunk = new Chunk(_chunk.Offset, rest, fixedSize ? Math.Min(_vlr.ChunkSize, _remaining) : _remaining);
            if (rest < _recordLength) throw Invalid($"the file ends after {Math.Max(rest, 0)} bytes of it");
        }

        _lengthKnown = _chunks is not null;
        _chunkRemaining = _chunk.Points;
        _chunkWanted = _layered is null ? ChunkDecoder.Everything : wanted;
        _stream.Position = _chunk.Offset;
        if (_layered is not null) StartLayered(_layered, first);
        else if (_pointwise is null) _stream.ReadExactly(first);
        else if (_lengthKnown && _chunk.Length <= Array.MaxLength)
        {
            Rent((int)_chunk.Length);
            _stream.ReadExactly(_buffer, 0, (int)_chunk.Length);
            _buffer.AsSpan(0, _recordLength).CopyTo(first);
            _pointwise.Start(first);
            _pointwise.Decoder.Start(_buffer, _recordLength, (int)_chunk.Length - _recordLength);
        }
        else
        {
            Rent(StreamBufferLength);
            _stream.ReadExactly(first);
            _pointwise.Start(first);
            _pointwise.Decoder.Start(_stream, _buffer);
        }
    }

    private void StartLayered(LayeredChunkDecoder layered, Span<byte> first)
    {
        int header = layered.HeaderLength;
        Rent(header);
        if (_chunk.Length >= header) _stream.ReadExactly(_buffer, 0, header);
        if (layered.HeaderProblem(_buffer, _chunk.Length) is { } problem) throw Invalid(problem);
        long length = layered.ChunkLength(_buffer);
        if (length > Array.MaxLength)
        {
            throw new UnsupportedPointCloudException(
                _path, _chunk.Offset, $"chunk {_index} has {length} bytes; chunks above {Array.MaxLength} bytes are not supported.");
        }

        if (_chunks is null && _vlr.ChunkSize == LazVlr.VariableChunkSize)
        {
            _chunkRemaining = Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_recordLength)), _remaining);
            if (_chunkRemaining == 0) throw Invalid("its header says that it has none");
            _chunk = _chunk with { Points = _chunkRemaining };
        }

        if (length > _buffer.Length)
        {
            byte[] head = _buffer.AsSpan(0, header).ToArray();
            Rent((int)length);
            head.CopyTo(_buffer, 0);
        }

        _stream.ReadExactly(_buffer, header, (int)length - header);
        _chunk = _chunk with { Length = length };
        layered.Start(_buffer, 0, first, _chunkWanted);
    }

    private void Decode(Span<byte> records)
    {
        if (_layered is not null)
        {
            _layered.Decode(records);
            if (_layered.Problem() is { } problem) throw Invalid(problem);
        }
        else if (_pointwise is not null)
        {
            _pointwise.Decode(records);
            if (_pointwise.Problem is { } problem) throw Invalid(problem);
        }
        else
        {
            int read = _stream.ReadAtLeast(records, records.Length, throwOnEndOfStream: false);
            if (read < records.Length) throw Invalid("the file ends before them");
        }
    }

    // Where the next chunk is not known from a table it follows what this one took.
    private void EndChunk()
    {
        if (_layered is not null) _chunk = _chunk with { Offset = _chunk.Offset + _chunk.Length };
        else if (_pointwise is not null)
        {
            long taken = _recordLength + _pointwise.Decoder.Consumed;
            if (_lengthKnown && taken != _chunk.Length) throw Invalid($"they end after {taken} bytes");
            _chunk = _chunk with { Offset = _chunk.Offset + taken };
        }
    }

    private void Rent(int length)
    {
        if (_buffer.Length >= length) return;
        ReturnBuffer();
        _buffer = ArrayPool<byte>.Shared.Rent(length);
    }

    private InvalidPointCloudException Invalid(string problem)
    {
        string chunks = _chunks is null ? "" : $" of {_chunks.Length}";
        return new InvalidPointCloudException(
            _path, _chunk.Offset,
            $"chunk {_index}{chunks} has {_chunk.Points} points in at most {_chunk.Length} bytes, but {problem}. The file is truncated or damaged.");
    }
}
