namespace BatchSegmenter.Formats.Laz;

/// <summary>Decodes chunks that are whole in memory, one after another.</summary>
internal sealed class ChunkDecoder
{
    /// <summary>Every field of a record, extra bytes and wave packets too.</summary>
    public const PointAttributes Everything = (PointAttributes)~0;

    private readonly PointwiseChunkDecoder? _pointwise;
    private readonly LayeredChunkDecoder? _layered;
    private readonly int _recordLength;

    /// <summary>Makes a decoder for the items of a file whose points are stored in chunks.</summary>
    public ChunkDecoder(LazVlr vlr)
    {
        _recordLength = vlr.RecordLength;
        if (vlr.Compressor == LazCompressor.LayeredChunked) _layered = new LayeredChunkDecoder(vlr);
        else _pointwise = new PointwiseChunkDecoder(vlr);
    }

    /// <summary>Refuses a wish for attributes that a chunk was begun without: their layers were passed over.</summary>
    /// <exception cref="InvalidOperationException">More is wanted than is decoded.</exception>
    public static void Require(PointAttributes wanted, PointAttributes decoded)
    {
        if ((wanted & ~decoded) != 0)
            throw new InvalidOperationException($"{wanted & ~decoded} is asked for in the middle of a chunk that was begun without it; ask for the same attributes from the first read on.");
    }

    /// <summary>Decodes a chunk.</summary>
    /// <param name="bytes">Holds the chunk.</param>
    /// <param name="length">Bytes of the chunk, from the first on.</param>
    /// <param name="wanted">The attributes that are needed; others may be left undecoded.</param>
    /// <param name="records">Room for exactly the chunk's points, at least one.</param>
    /// <returns>What is wrong with the chunk, or null.</returns>
    public string? Decode(byte[] bytes, int length, PointAttributes wanted, Span<byte> records)
    {
        if (length < _recordLength) return "its first record alone takes more";
        Span<byte> first = records[.._recordLength], others = records[_recordLength..];
        if (_layered is not null)
        {
            if (_layered.HeaderProblem(bytes, length) is { } misfit) return misfit;
            _layered.Start(bytes, 0, first, wanted);
            _layered.Decode(others);
            return _layered.Problem();
        }

        bytes.AsSpan(0, _recordLength).CopyTo(first);
        _pointwise!.Start(first);
        _pointwise.Decoder.Start(bytes, _recordLength, length - _recordLength);
        _pointwise.Decode(others);
        if (_pointwise.Problem is { } problem) return problem;
        long taken = _recordLength + _pointwise.Decoder.Consumed;
        return taken == length ? null : $"they end after {taken} bytes";
    }
}
