namespace BatchSegmenter.Formats.Records;

/// <summary>Reads lines of text from any byte of a file on, without copying them. Lines end in LF, CR LF or CR; blank ones are passed over.</summary>
internal sealed class AsciiLines(Stream stream, string path)
{
    private const int MaxLine = 1 << 20;

    private byte[] _bytes = new byte[64 << 10];
    private int _count;
    private int _next;
    private long _start; // file offset of _bytes[0]

    /// <summary>Byte offset of the line read last.</summary>
    public long LineOffset { get; private set; }

    /// <summary>Byte offset of what follows it.</summary>
    public long Position => _start + _next;

    /// <summary>Goes to a byte of the file.</summary>
    public void Start(long offset)
    {
        _start = offset;
        _count = _next = 0;
        LineOffset = offset;
    }

    /// <summary>The next line that is not blank; it is valid until the next call.</summary>
    /// <returns>False at the end of the file.</returns>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            int length;
            int searched = 0;
            while ((length = _bytes.AsSpan(_next + searched, _count - _next - searched).IndexOfAny((byte)'\n', (byte)'\r')) < 0)
            {
                searched = _count - _next;
                if (More()) continue;
                length = 0;
                break;
            }

            int start = _next, end = _next + searched + length;
            bool last = end == _count;
            _next = last ? end : end + 1;
            LineOffset = _start + start;
            line = _bytes.AsSpan(start, end - start).Trim(" \t\0"u8);
            if (!line.IsEmpty) return true;
            if (last) return false;
        }
    }

    /// <summary>Moves what is left to the front (so that it begins at 0) and reads on.</summary>
    private bool More()
    {
        int left = _count - _next;
        if (left > MaxLine) throw new InvalidPointCloudException(path, Position, $"a line of more than {MaxLine} bytes where numbers were expected. The file is not text or damaged.");
        if (_next > 0) _bytes.AsSpan(_next, left).CopyTo(_bytes);
        _start += _next;
        _next = 0;
        _count = left;
        if (_count == _bytes.Length) Array.Resize(ref _bytes, 2 * _count);
        long at = _start + _count;
        if (stream.Position != at) stream.Position = at;
        int read = stream.Read(_bytes, _count, _bytes.Length - _count);
        _count += read;
        return read > 0;
    }
}
