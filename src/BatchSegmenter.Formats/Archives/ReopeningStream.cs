using System.Buffers;

namespace BatchSegmenter.Formats.Archives;

/// <summary>
/// Seeking over bytes that can only be read forward: going back opens them anew and reads up to the position. It takes no memory, and a
/// reader that looks once at the end (LAZ, for its chunk table) pays with decompressing twice.
/// </summary>
/// <param name="open">Gives the bytes from the first on.</param>
/// <param name="length">Their number, or null where only reading tells; then <see cref="Length"/> reads to the end.</param>
/// <param name="owner">Disposed with this.</param>
internal sealed class ReopeningStream(Func<Stream> open, long? length, IDisposable? owner) : ReadOnlyStream
{
    private const int SkipBytes = 1 << 16;

    private Stream? _source;
    private long _reached;
    private long? _length = length;

    public override long Length
    {
        get
        {
            if (_length is null) Reach(long.MaxValue);
            return _length!.Value;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || Position >= _length) return 0;
        Reach(Position);
        if (_reached < Position) return 0;
        int count = _source!.Read(buffer);
        if (count == 0) _length ??= _reached;
        _reached += count;
        Position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source?.Dispose();
            owner?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Reach(long position)
    {
        if (_source is null || position < _reached)
        {
            _source?.Dispose();
            _source = open();
            _reached = 0;
        }

        if (position == _reached) return;
        byte[] skipped = ArrayPool<byte>.Shared.Rent(SkipBytes);
        try
        {
            while (_reached < position)
            {
                int count = _source.Read(skipped.AsSpan(0, (int)Math.Min(SkipBytes, position - _reached)));
                if (count == 0)
                {
                    _length ??= _reached;
                    break;
                }

                _reached += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(skipped);
        }
    }
}
