using System.Buffers;
using System.Collections.Concurrent;

namespace BatchSegmenter.Formats.Laz;

/// <summary>
/// Decodes a file's chunks whole and ahead of the caller, on as many threads as are asked for, and hands them out in file order.
/// The file is read on the caller's thread alone. At most one chunk more than there are threads is held, beside the one handed out.
/// </summary>
/// <param name="stream">The file: seekable, not to be moved by others. It is not disposed.</param>
/// <param name="vlr">How points are stored.</param>
/// <param name="chunks">The chunks, none larger than <see cref="MostBytes"/> either way.</param>
/// <param name="cores">Threads; 1 decodes on the caller's.</param>
internal sealed class ChunkQueue(Stream stream, LazVlr vlr, IReadOnlyList<Chunk> chunks, int cores) : IDisposable
{
    /// <summary>Bytes of a chunk, compressed or not, above which it is not decoded whole.</summary>
    public const int MostBytes = 32 << 20;

    private readonly Queue<Task<DecodedChunk>> _ahead = new();
    private readonly ConcurrentBag<ChunkDecoder> _decoders = [];
    private readonly int _recordLength = vlr.RecordLength;
    private int _next;

    /// <summary>Whether every chunk is small enough to be decoded whole.</summary>
    public static bool Takes(IEnumerable<Chunk> chunks, int recordLength) =>
        chunks.All(chunk => chunk.Length <= MostBytes && chunk.Points <= MostBytes / recordLength);

    /// <summary>Decodes the next chunk, or waits for it. It is the caller's to <see cref="Release"/>.</summary>
    /// <param name="wanted">The attributes that are needed of chunks that are begun from now on.</param>
    /// <returns>The chunk, or null after the last.</returns>
    public DecodedChunk? Next(PointAttributes wanted)
    {
        if (cores == 1) return _next < chunks.Count ? Decode(Read(wanted)) : null;
        while (_next < chunks.Count && _ahead.Count <= cores)
        {
            DecodedChunk read = Read(wanted);
            _ahead.Enqueue(Task.Run(() => Decode(read)));
        }

        return _ahead.TryDequeue(out Task<DecodedChunk>? head) ? head.GetAwaiter().GetResult() : null;
    }

    /// <summary>Gives back what a chunk's records are held in.</summary>
    public static void Release(DecodedChunk chunk) => ArrayPool<byte>.Shared.Return(chunk.Records);

    /// <summary>Waits for what is being decoded, and gives back the buffers.</summary>
    public void Dispose()
    {
        while (_ahead.TryDequeue(out Task<DecodedChunk>? chunk)) Release(chunk.GetAwaiter().GetResult());
    }

    private DecodedChunk Read(PointAttributes wanted)
    {
        int index = _next++;
        Chunk chunk = chunks[index];
        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)chunk.Length);
        try
        {
            stream.Position = chunk.Offset;
            int found = stream.ReadAtLeast(bytes.AsSpan(0, (int)chunk.Length), (int)chunk.Length, throwOnEndOfStream: false);
            string? problem = found < chunk.Length ? $"the file ends after {found} bytes of it" : null;
            return new DecodedChunk(index, chunk, wanted, bytes, [], problem);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }
    }

    private DecodedChunk Decode(DecodedChunk read)
    {
        int length = (int)read.Chunk.Points * _recordLength;
        byte[] records = ArrayPool<byte>.Shared.Rent(length);
        string? problem = read.Problem;
        if (problem is null)
        {
            if (!_decoders.TryTake(out ChunkDecoder? decoder)) decoder = new ChunkDecoder(vlr);
            problem = decoder.Decode(read.Bytes, (int)read.Chunk.Length, read.Wanted, records.AsSpan(0, length));
            _decoders.Add(decoder);
        }

        ArrayPool<byte>.Shared.Return(read.Bytes);
        return read with { Bytes = [], Records = records, Problem = problem };
    }
}

/// <summary>A chunk on its way through a <see cref="ChunkQueue"/>.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Chunk">Where it stands.</param>
/// <param name="Wanted">The attributes that were decoded.</param>
/// <param name="Bytes">Its bytes as they are in the file, until it is decoded.</param>
/// <param name="Records">Its records from the first byte on, once it is decoded; of no use where there is a problem.</param>
/// <param name="Problem">What is wrong with it, or null.</param>
internal sealed record DecodedChunk(int Index, Chunk Chunk, PointAttributes Wanted, byte[] Bytes, byte[] Records, string? Problem);
