namespace BatchSegmenter.Formats.Records;

/// <summary>Reads small pieces of a file, forward, through a buffer.</summary>
internal sealed class ByteCursor(Stream stream, string path)
{
    private readonly byte[] _bytes = new byte[64 << 10];
    private int _count;
    private int _next;
    private long _start;

    /// <summary>Byte offset of the next byte.</summary>
    public long Position => _start + _next;

    /// <summary>Goes to a byte of the file.</summary>
    public void Start(long offset)
    {
        _start = offset;
        _count = _next = 0;
    }

    /// <summary>The next bytes, at most 8; valid until the next call.</summary>
    /// <exception cref="InvalidPointCloudException">The file ends before.</exception>
    public ReadOnlySpan<byte> Read(int count)
    {
        if (_count - _next < count)
        {
            Start(Position);
            if (stream.Position != _start) stream.Position = _start;
            _count = stream.ReadAtLeast(_bytes, count, throwOnEndOfStream: false);
            if (_count < count) throw Truncated();
        }

        _next += count;
        return _bytes.AsSpan(_next - count, count);
    }

    /// <summary>Passes over bytes.</summary>
    /// <exception cref="InvalidPointCloudException">The file ends before.</exception>
    public void Skip(long count)
    {
        if (count > stream.Length - Position) throw Truncated();
        if (count <= _count - _next) _next += (int)count;
        else Start(Position + count);
    }

    /// <summary>The error that what was read last breaks the format's rules.</summary>
    public InvalidPointCloudException Fault(string problem) => new(path, Position, problem);

    private InvalidPointCloudException Truncated() =>
        new(path, stream.Length, $"the file ends after {stream.Length} bytes, before what its header promises. It is truncated or its counts are wrong.");
}
