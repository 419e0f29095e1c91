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
            if (length < _layered.HeaderLength) return $"its header alone takes {_layered.HeaderLength} bytes";
            if (_layered.ChunkLength(bytes) is var needed && needed > length) return $"its layers take {needed} bytes";
            _layered.Start(bytes, 0, first, wanted);
            _layered.Decode(others);
            return _layered.FailedLayer() is >= 0 and int layer ? $"layer {layer} ends before them or is corrupt" : null;
        }

        bytes.AsSpan(0, _recordLength).CopyTo(first);
        _pointwise!.Start(first);
        _pointwise.Decoder.Start(bytes, _recordLength, length - _recordLength);
        _pointwise.Decode(others);
        if (_pointwise.Decoder.Overrun) return "its bytes end before them";
        if (_pointwise.Decoder.Corrupt) return "it has bits that no encoder writes";
        long taken = _recordLength + _pointwise.Decoder.Consumed;
        return taken == length ? null : $"they end after {taken} bytes";
    }
}
