using System.Buffers;

namespace BatchSegmenter.Formats.Laz;

/// <summary>
/// Decodes the points of a LAZ file into LAS records, in file order, holding one chunk's compressed bytes at a time. Where the
/// table of fixed-size chunks is missing or does not fit, chunks are found by reading on.
/// </summary>
internal sealed class LazPointReader : IDisposable
{
    private const int ChunkTableOffsetLength = 8;
    private const int StreamBufferLength = 1 << 16;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly LazVlr _vlr;
    private readonly int _recordLength;
    private readonly Chunk[]? _chunks;
    private readonly PointwiseChunkDecoder? _pointwise;
    private readonly LayeredChunkDecoder? _layered;
    private byte[] _buffer = [];
    private long _remaining;

    private int _index = -1;
    private Chunk _chunk;
    private long _chunkRemaining;
    private bool _lengthKnown;

    /// <summary>Gets ready to decode; reads the chunk table, if there is one.</summary>
    /// <param name="stream">The file: seekable, and not to be moved by others from now on. It is not disposed.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="vlr">How points are stored.</param>
    /// <param name="pointDataOffset">Byte offset of the point data.</param>
    /// <param name="pointCount">Points in the file, from its header.</param>
    /// <param name="recordLength">Bytes per record, from its header.</param>
    /// <exception cref="InvalidPointCloudException">
    /// The items do not make up a record, or chunks of different size have no usable table.
    /// </exception>
    public LazPointReader(Stream stream, string path, LazVlr vlr, long pointDataOffset, long pointCount, int recordLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pointCount);
        _stream = stream;
        _path = path;
        _vlr = vlr;
        _recordLength = recordLength;
        _remaining = pointCount;
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
        _chunks = ChunkTable.Read(stream, pointDataOffset, vlr, pointCount, out string? problem);
        if (_chunks is null && vlr.ChunkSize == LazVlr.VariableChunkSize)
        {
            throw new InvalidPointCloudException(
                path, pointDataOffset, $"{problem}; without its table a file with chunks of different size can not be decoded.");
        }
    }

    /// <summary>Decodes the next points, as many as there is room for and as remain.</summary>
    /// <param name="records">Gets whole records; bytes beyond the last whole record are left alone.</param>
    /// <returns>Points decoded; 0 at the end, or where there is no room for a point.</returns>
    /// <exception cref="InvalidPointCloudException">The points end early, or a chunk is corrupt.</exception>
    /// <exception cref="UnsupportedPointCloudException">A layered chunk is too long for an array.</exception>
    public int Read(Span<byte> records)
    {
        int wanted = (int)Math.Min(records.Length / _recordLength, _remaining);
        for (int done = 0; done < wanted;)
        {
            int count = 1;
            if (_chunkRemaining == 0) StartChunk(records.Slice(done * _recordLength, _recordLength));
            else
            {
                count = (int)Math.Min(wanted - done, _chunkRemaining);
                Decode(records.Slice(done * _recordLength, count * _recordLength));
            }

            done += count;
            _remaining -= count;
            _chunkRemaining -= count;
            if (_chunkRemaining == 0) EndChunk();
        }

        return wanted;
    }

    /// <summary>Gives back the buffer.</summary>
    public void Dispose()
    {
        if (_buffer.Length != 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void StartChunk(Span<byte> first)
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
        if (_chunk.Length < header) throw Invalid($"its header alone takes {header} bytes");
        Rent(header);
        _stream.ReadExactly(_buffer, 0, header);
        long length = layered.ChunkLength(_buffer);
        if (length > _chunk.Length) throw Invalid($"its layers take {length} bytes");
        if (length > Array.MaxLength)
        {
            throw new UnsupportedPointCloudException(
                _path, _chunk.Offset, $"chunk {_index} has {length} bytes; chunks above {Array.MaxLength} bytes are not supported.");
        }

        if (length > _buffer.Length)
        {
            byte[] head = _buffer.AsSpan(0, header).ToArray();
            Rent((int)length);
            head.CopyTo(_buffer, 0);
        }

        _stream.ReadExactly(_buffer, header, (int)length - header);
        _chunk = _chunk with { Length = length };
        layered.Start(_buffer, 0, first);
    }

    private void Decode(Span<byte> records)
    {
        if (_layered is not null)
        {
            _layered.Decode(records);
            int layer = _layered.FailedLayer();
            if (layer >= 0) throw Invalid($"layer {layer} ends before them or is corrupt");
        }
        else if (_pointwise is not null)
        {
            _pointwise.Decode(records);
            if (_pointwise.Decoder.Overrun) throw Invalid("its bytes end before them");
            if (_pointwise.Decoder.Corrupt) throw Invalid("it has bits that no encoder writes");
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
        Dispose();
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
