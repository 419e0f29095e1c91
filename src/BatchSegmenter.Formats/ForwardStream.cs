namespace BatchSegmenter.Formats;

/// <summary>
/// A source that can only be read forward (a pipe, a download), seen as a stream that can go back a little: over the bytes that were read
/// last. It has no end that is known beforehand.
/// </summary>
internal sealed class ForwardStream(Stream source) : ReadOnlyStream
{
    /// <summary>Bytes that it can go back at least.</summary>
    public const int Window = 1 << 17;

    private readonly byte[] _kept = new byte[2 * Window];
    private long _start;
    private int _count;

    /// <summary>As long as a stream can be: the end is where reading ends.</summary>
    public override long Length => long.MaxValue;

    /// <summary>The position; one in front of the bytes that are kept is refused, one ahead is read up to.</summary>
    /// <exception cref="NotSupportedException">The bytes are gone.</exception>
    public override long Position
    {
        get => base.Position;
        set
        {
            if (value < _start) throw new NotSupportedException($"Byte {value} of a forward-only source is asked for again, but only those from {_start} on are kept.");
            base.Position = value;
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (Position >= _start + _count)
            if (!Fetch()) return 0;
        int at = (int)(Position - _start), taken = Math.Min(buffer.Length, _count - at);
        _kept.AsSpan(at, taken).CopyTo(buffer);
        Position += taken;
        return taken;
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) =>
        origin == SeekOrigin.End ? throw new NotSupportedException("The end of a forward-only source is not known.") : base.Seek(offset, origin);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) source.Dispose();
        base.Dispose(disposing);
    }

    private bool Fetch()
    {
        if (_count == _kept.Length)
        {
            _kept.AsSpan(Window).CopyTo(_kept);
            _start += Window;
            _count = Window;
        }

        int read = source.Read(_kept.AsSpan(_count));
        _count += read;
        return read > 0;
    }
}
