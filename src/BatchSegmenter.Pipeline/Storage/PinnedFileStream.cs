using Microsoft.Win32.SafeHandles;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>Reads a file that must stay what it was when it was looked up: length and time of the last write are compared at every read.</summary>
internal sealed class PinnedFileStream : Stream
{
    private readonly string _path;
    private readonly StoredObject _it;
    private readonly SafeFileHandle _file;
    private long _position;

    /// <exception cref="ObjectChangedException">The file is gone or another one.</exception>
    public PinnedFileStream(string path, StoredObject it)
    {
        (_path, _it) = (path, it);
        try
        {
            _file = File.OpenHandle(path);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ObjectChangedException(path, it.Tag, null);
        }

        try
        {
            CheckTag();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _it.Length;

    public override long Position { get => _position; set => Seek(value, SeekOrigin.Begin); }

    public override int Read(Span<byte> buffer)
    {
        int read = RandomAccess.Read(_file, buffer, _position);
        CheckTag();
        _position += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin)
    {
        long position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => Length };
        return position >= 0 ? _position = position : throw new IOException($"{_path}: {position} lies before the start.");
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

    private void CheckTag()
    {
        string found = LocalStore.TagOf(RandomAccess.GetLength(_file), File.GetLastWriteTimeUtc(_file));
        if (found != _it.Tag) throw new ObjectChangedException(_path, _it.Tag, found);
    }
}
