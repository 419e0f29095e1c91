using System.Buffers;

namespace BatchSegmenter.Formats.Text;

/// <summary>The lines of a stream, one after another, without their ends, from one pooled buffer.</summary>
/// <param name="stream">A seekable stream, which stays the caller's.</param>
/// <param name="path">The name that messages give.</param>
internal sealed class TextLines(Stream stream, string path) : IDisposable
{
    /// <summary>Longest line: no point needs more, and what has no line ends is no text of points.</summary>
    public const int MostBytes = 64 << 10;

    private const int BufferBytes = 1 << 20;

    private byte[]? _buffer;
    private int _start;
    private int _length;
    private int _next;
    private int _filled;
    private long _bufferOffset;

    /// <summary>Byte offset of the current line.</summary>
    public long Offset => _bufferOffset + _start;

    /// <summary>Byte offset of the next line.</summary>
    public long NextOffset => _bufferOffset + _next;

    /// <summary>Number of the current line, from 1, counted from where <see cref="MoveTo"/> went.</summary>
    public long Number { get; private set; }

    /// <summary>The current line; valid until the next is read.</summary>
    public ReadOnlySpan<byte> Current => _buffer.AsSpan(_start, _length);

    /// <summary>Bytes of the stream.</summary>
    public long StreamLength => stream.Length;

    /// <summary>Goes to a byte offset; the lines are counted from there. At the start of the file a byte order mark is left out.</summary>
    public void MoveTo(long offset)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(BufferBytes);
        stream.Position = offset;
        (_start, _length, _next, _filled, _bufferOffset, Number) = (0, 0, 0, 0, offset, 0);
        if (offset > 0) return;
        while (_filled < 3 && Fill())
        {
        }

        if (_buffer.AsSpan(0, _filled).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) _next = 3;
    }

    /// <summary>Reads the next line. What stands behind the last line end is a line unless it is empty.</summary>
    /// <exception cref="InvalidPointCloudException">The line is longer than <see cref="MostBytes"/>.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        if (_buffer is null) MoveTo(0);
        int searched = 0;
        while (true)
        {
            int found = _buffer.AsSpan(_next + searched, _filled - _next - searched).IndexOf((byte)'\n');
            bool isLast = false;
            if (found < 0)
            {
                searched = _filled - _next;
                if (searched <= MostBytes && Fill()) continue;
                if (searched == 0)
                {
                    line = default;
                    return false;
                }

                isLast = true;
            }

            Number++;
            _start = _next;
            _length = isLast ? _filled - _next : searched + found;
            if (_length > MostBytes)
                throw new InvalidPointCloudException(
                    path, Offset, $"line {Number} has no end within {MostBytes} bytes; a text of points has a point a line. Perhaps the file is binary.");
            _next += isLast ? _length : _length + 1;
            line = Current;
            return true;
        }
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (_buffer is { } buffer) ArrayPool<byte>.Shared.Return(buffer);
        _buffer = null;
        (_start, _length, _next, _filled) = (0, 0, 0, 0);
    }

    private bool Fill()
    {
        Span<byte> buffer = _buffer;
        if (_next > 0)
        {
            buffer[_next.._filled].CopyTo(buffer);
            _bufferOffset += _next;
            _filled -= _next;
            _next = 0;
        }

        int read = stream.Read(buffer[_filled..]);
        _filled += read;
        return read > 0;
    }
}
