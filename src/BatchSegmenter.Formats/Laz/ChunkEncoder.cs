namespace BatchSegmenter.Formats.Laz;

/// <summary>Turns records into the bytes of a chunk. An instance serves one chunk after another, and no two threads at a time.</summary>
internal abstract class ChunkEncoder
{
    /// <summary>Makes the encoder of a file's storage.</summary>
    public static ChunkEncoder Create(LazVlr vlr) => vlr.Compressor switch
    {
        LazCompressor.PointwiseChunked => new PointwiseChunkEncoder(vlr),
        LazCompressor.LayeredChunked => new LayeredChunkEncoder(vlr),
        _ => throw new ArgumentException($"Compressor {(int)vlr.Compressor} ({vlr.Compressor}); chunks are written by 2 and 3.", nameof(vlr)),
    };

    /// <summary>Encodes the records of a chunk: at least one.</summary>
    public abstract void Encode(ReadOnlySpan<byte> records);

    /// <summary>Writes the chunk that was encoded last.</summary>
    /// <returns>Its bytes.</returns>
    public abstract long WriteTo(Stream stream);
}
