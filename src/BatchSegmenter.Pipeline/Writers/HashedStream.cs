using System.Security.Cryptography;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>
/// Hashes a file while it is written, so that a ledger need not read it again. What is written forward is hashed as it passes. Formats that go
/// back to fill in a number (the chunk table's place in LAZ) are read once more at the end, from the system's cache: a hash cannot go back.
/// </summary>
/// <param name="file">The file, from its start on; stays the caller's.</param>
internal sealed class HashedStream(Stream file) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _hashed;
    private bool _wentBack;

    public override bool CanRead => file.CanRead;

    public override bool CanSeek => file.CanSeek;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position { get => file.Position; set => file.Position = value; }

    /// <summary>The hash of everything written, in lower-case hexadecimal, and the number of bytes. The stream is of no use afterwards.</summary>
    public (long Bytes, string Sha256) Finish()
    {
        file.Flush();
        long length = file.CanSeek ? file.Length : _hashed;
        byte[] hash = _wentBack || length != _hashed ? Again() : _hash.GetHashAndReset();
        return (length, Convert.ToHexStringLower(hash));
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Pass(buffer);
        file.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Pass(buffer.Span);
        return file.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer) => file.Read(buffer);

    public override int Read(byte[] buffer, int offset, int count) => file.Read(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void SetLength(long value)
    {
        _wentBack |= value < _hashed;
        file.SetLength(value);
    }

    public override void Flush() => file.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _hash.Dispose();
        base.Dispose(disposing);
    }

    private void Pass(ReadOnlySpan<byte> bytes)
    {
        if (file.CanSeek && file.Position != _hashed) _wentBack = true;
        if (_wentBack) return;
        _hash.AppendData(bytes);
        _hashed += bytes.Length;
    }

    private byte[] Again()
    {
        file.Position = 0;
        return SHA256.HashData(file);
    }
}
