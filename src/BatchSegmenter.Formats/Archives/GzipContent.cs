using System.IO.Compression;

namespace BatchSegmenter.Formats.Archives;

/// <summary>
/// Decompresses gzip and notices where it is cut off, which the framework's GZipStream does not. A known member is put behind the file's own: only
/// a decompressor that has met the end of the last of them gives its content too.
/// </summary>
internal sealed class GzipContent : ReadOnlyStream
{
    private static readonly byte[] Mark = [.. "end of the gzip file, not cut off"u8];
    private static readonly byte[] MarkMember = Compress(Mark);

    private readonly GZipStream _content;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _atEnd;

    /// <param name="source">A seekable stream, which is left open.</param>
    public GzipContent(Stream source) => _content = new GZipStream(new Marked(source), CompressionMode.Decompress);

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override int Read(Span<byte> buffer)
    {
        // The last bytes are held back, for they may be the mark.
        while (_end - _start <= Mark.Length && !_atEnd) Refill();
        int count = Math.Min(buffer.Length, _end - _start - Mark.Length);
        if (count <= 0) return 0;
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _content.Dispose();
        base.Dispose(disposing);
    }

    private void Refill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        int count = _content.Read(_buffer.AsSpan(_end));
        _end += count;
        if (count > 0) return;
        _atEnd = true;
        if (!_buffer.AsSpan(0, _end).EndsWith(Mark)) throw new InvalidDataException("the gzip data ends within a member, or with bytes that are no gzip");
    }

    private static byte[] Compress(ReadOnlySpan<byte> bytes)
    {
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return compressed.ToArray();
    }

    /// <summary>The file, and behind it the mark.</summary>
    private sealed class Marked(Stream source) : ReadOnlyStream
    {
        private int _marked;
        private bool _behind;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override int Read(Span<byte> buffer)
        {
            if (buffer.IsEmpty) return 0;
            if (!_behind)
            {
                source.Position = Position;
                int count = source.Read(buffer);
                Position += count;
                if (count > 0) return count;
                _behind = true;
            }

            int taken = Math.Min(buffer.Length, MarkMember.Length - _marked);
            MarkMember.AsSpan(_marked, taken).CopyTo(buffer);
            _marked += taken;
            return taken;
        }
    }
}
