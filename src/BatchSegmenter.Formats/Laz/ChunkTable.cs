using System.Buffers.Binary;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz;

/// <summary>A chunk of a file.</summary>
/// <param name="Offset">Byte offset within the file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Points">Points.</param>
internal readonly record struct Chunk(long Offset, long Length, long Points);

/// <summary>
/// The list of a file's chunks. Its offset stands in the first 8 bytes of the point data, or, where that says -1, in the last 8
/// bytes of the file. Entries are compressed as differences: the number of points (only where chunks differ) and of bytes.
/// </summary>
internal static class ChunkTable
{
    private const int OffsetLength = 8;

    /// <summary>Reads the table of a file whose points are stored in chunks.</summary>
    /// <param name="stream">The file; its position is changed.</param>
    /// <param name="pointDataOffset">Where the point data starts.</param>
    /// <param name="vlr">How points are stored.</param>
    /// <param name="pointCount">Points that the chunks must hold at least; above 0.</param>
    /// <param name="problem">Why there is no usable table, where there is none.</param>
    /// <param name="mayBeShort">Whether a table that holds fewer points is good enough.</param>
    /// <returns>The chunks in order, empty ones left out, or null.</returns>
    public static Chunk[]? Read(Stream stream, long pointDataOffset, LazVlr vlr, long pointCount, out string? problem, bool mayBeShort = false)
    {
        long end = stream.Length;
        long offset = ReadOffset(stream, pointDataOffset, end);
        long chunk = pointDataOffset + OffsetLength;
        problem = $"the chunk table is said to be at byte {offset} of {end}";
        if (offset <= chunk || offset > end - 8) return null;

        Span<byte> header = stackalloc byte[8];
        stream.Position = offset;
        stream.ReadExactly(header);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        int recordLength = vlr.RecordLength;
        problem = $"the chunk table at byte {offset} has version {version} and {count} chunks";
        if (version != 0 || count == 0 || count > (offset - chunk) / recordLength) return null;

        bool variable = vlr.ChunkSize == LazVlr.VariableChunkSize;
        ArithmeticDecoder decoder = new();
        decoder.Start(stream, new byte[(int)Math.Min(end - offset, 1 << 16)]);
        IntegerDecompressor integers = new(decoder, 32, 2);
        List<Chunk> chunks = [];
        int points = 0;
        int length = 0;
        long total = 0;
        for (uint i = 0; i < count; i++)
        {
            if (variable) points = integers.Decode(points, 0);
            length = integers.Decode(length, 1);
            long taken = variable ? (uint)points : Math.Min(vlr.ChunkSize, Math.Max(pointCount - total, 0));
            problem = $"the chunk table at byte {offset} gives chunk {i} of {count} {(uint)length} bytes and {taken} points";
            if (decoder.Overrun || decoder.Corrupt || (uint)length > offset - chunk) return null;
            if (taken != 0 && (uint)length < recordLength) return null;
            if (taken != 0) chunks.Add(new Chunk(chunk, (uint)length, taken));
            chunk += (uint)length;
            total += taken;
        }

        problem = $"the chunk table at byte {offset} has {total} points in the {chunk - pointDataOffset} bytes up to {chunk}";

        // Some early COPC writers left the last chunk out of the table: what lies before the table is one more chunk.
        if (variable && total < pointCount && offset - chunk >= recordLength)
        {
            chunks.Add(new Chunk(chunk, offset - chunk, pointCount - total));
            total = pointCount;
        }

        // Chunks of one size can be read without a table, so one that does not fit exactly is not trusted.
        if ((total < pointCount && !mayBeShort) || (!variable && chunk != offset)) return null;
        problem = null;
        return [.. chunks];
    }

    /// <summary>Finds the chunks of a layered file, whose chunks tell their own size, without its table.</summary>
    /// <param name="stream">The file; its position is changed.</param>
    /// <param name="pointDataOffset">Where the point data starts.</param>
    /// <param name="layout">The layout of the chunks.</param>
    /// <param name="pointCount">Points that the file should hold.</param>
    /// <returns>The chunks in order; the last may be cut off, and where they are damaged there may be too few.</returns>
    public static Chunk[] Scan(Stream stream, long pointDataOffset, LayeredChunkDecoder layout, long pointCount)
    {
        List<Chunk> chunks = [];
        byte[] header = new byte[layout.HeaderLength];
        long offset = pointDataOffset + OffsetLength, end = stream.Length;
        while (pointCount > 0 && offset <= end - header.Length)
        {
            stream.Position = offset;
            stream.ReadExactly(header);
            long points = Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(layout.RecordLength)), pointCount);
            if (points == 0) break;
            long length = layout.ChunkLength(header);
            chunks.Add(new Chunk(offset, Math.Min(length, end - offset), points));
            offset += length;
            pointCount -= points;
        }

        return [.. chunks];
    }

    /// <summary>The last chunk of a layered file as it tells its own size, where it has fewer points than the header's count leaves for it.</summary>
    public static Chunk Correct(Stream stream, Chunk last, LayeredChunkDecoder layout)
    {
        if (last.Length < layout.HeaderLength) return last;
        byte[] count = new byte[sizeof(uint)];
        stream.Position = last.Offset + layout.RecordLength;
        int read = stream.ReadAtLeast(count, count.Length, throwOnEndOfStream: false);
        return read == count.Length && BinaryPrimitives.ReadUInt32LittleEndian(count) is > 0 and var points && points < last.Points ? last with { Points = points } : last;
    }

    private static long ReadOffset(Stream stream, long pointDataOffset, long end)
    {
        Span<byte> bytes = stackalloc byte[OffsetLength];
        if (pointDataOffset < 0 || pointDataOffset > end - OffsetLength) return 0;
        stream.Position = pointDataOffset;
        stream.ReadExactly(bytes);
        long offset = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        if (offset != -1) return offset;
        stream.Position = end - OffsetLength;
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }
}
