using System.Buffers.Binary;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz;

/// <summary>Writes the list of a file's chunks, the counterpart of <see cref="ChunkTable"/>.</summary>
internal static class ChunkTableWriter
{
    /// <summary>Writes the table at the stream's position.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="chunks">Bytes and points of each chunk, in order.</param>
    /// <param name="withPoints">Whether chunks differ in their number of points.</param>
    /// <returns>Its bytes.</returns>
    public static int Write(Stream stream, IReadOnlyList<(uint Bytes, uint Points)> chunks, bool withPoints)
    {
        Span<byte> header = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], chunks.Count);
        stream.Write(header);
        if (chunks.Count == 0) return header.Length;
        ArithmeticEncoder encoder = new();
        IntegerCompressor integers = new(encoder, 32, 2);
        (uint Bytes, uint Points) last = default;
        foreach ((uint Bytes, uint Points) chunk in chunks)
        {
            if (withPoints) integers.Encode((int)last.Points, (int)chunk.Points, 0);
            integers.Encode((int)last.Bytes, (int)chunk.Bytes, 1);
            last = chunk;
        }

        encoder.End();
        stream.Write(encoder.Bytes);
        return header.Length + encoder.Bytes.Length;
    }
}
