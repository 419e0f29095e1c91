using System.Buffers;

namespace BatchSegmenter.Formats.Archives;

/// <summary>A decompressed member held in pooled pieces of memory, which grow with what was decompressed.</summary>
internal sealed class SegmentedStream : ReadOnlyStream
{
    private const int SegmentBytes = 1 << 20;

    private readonly List<byte[]> _segments = [];
    private long _length;

    private SegmentedStream()
    {
    }

    public override long Length => _length;

    /// <summary>Takes all that <paramref name="source"/> gives; null where it is more than <paramref name="limit"/> bytes.</summary>
    public static SegmentedStream? Fill(Stream source, long limit)
    {
        SegmentedStream held = new();
        try
        {
            while (true)
            {
                byte[] segment = ArrayPool<byte>.Shared.Rent(SegmentBytes);
                held._segments.Add(segment);
                int count = source.ReadAtLeast(segment.AsSpan(0, SegmentBytes), SegmentBytes, throwOnEndOfStream: false);
                held._length += count;
                if (held._length > limit) break;
                if (count < SegmentBytes) return held;
            }
        }
        catch
        {
            held.Dispose();
            throw;
        }

        held.Dispose();
        return null;
    }

    public override int Read(Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length && Position < _length)
        {
            int within = (int)(Position % SegmentBytes);
            int count = (int)Math.Min(Math.Min(buffer.Length - done, SegmentBytes - within), _length - Position);
            _segments[(int)(Position / SegmentBytes)].AsSpan(within, count).CopyTo(buffer[done..]);
            done += count;
            Position += count;
        }

        return done;
    }

    protected override void Dispose(bool disposing)
    {
        foreach (byte[] segment in _segments) ArrayPool<byte>.Shared.Return(segment);
        _segments.Clear();
        _length = 0;
        base.Dispose(disposing);
    }
}
