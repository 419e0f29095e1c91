using System.Text;
using Azure.Storage.Blobs.Specialized;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// Takes bytes, forward only, and stages them as blocks of a blob while more are written. Blocks are of fixed length but for the last, their
/// ids of equal length. At most <see cref="Parallel"/> blocks are on their way and one is filled, so that little is held however much is written.
/// </summary>
internal sealed class BlockUploadStream(BlockBlobClient blob, string address) : Stream
{
    /// <summary>Bytes of a block: 50,000 of them, which a blob may have, are 390 GiB.</summary>
    public const int BlockLength = 8 << 20;

    /// <summary>Blocks on their way at once.</summary>
    public const int Parallel = 3;

    private readonly string _series = Guid.NewGuid().ToString("N")[..16];
    private readonly List<string> _ids = [];
    private readonly Queue<(Task Upload, byte[] Block)> _underWay = new();
    private readonly CancellationTokenSource _stop = new();
    private byte[]? _block;
    private int _filled;
    private long _length;

    /// <summary>The blocks' ids in the order of their bytes.</summary>
    public IReadOnlyList<string> Ids => _ids;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position { get => _length; set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int taken = Take(buffer);
            buffer = buffer[taken..];
            if (_filled == BlockLength) SendAsync().GetAwaiter().GetResult();
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            buffer = buffer[Take(buffer.Span)..];
            if (_filled == BlockLength) await SendAsync().ConfigureAwait(false);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Stages the last block and waits for all.</summary>
    public async Task CompleteAsync(CancellationToken cancellation)
    {
        if (_filled > 0) await SendAsync().ConfigureAwait(false);
        while (_underWay.TryDequeue(out (Task Upload, byte[] Block) oldest)) await oldest.Upload.WaitAsync(cancellation).ConfigureAwait(false);
    }

    public override void Flush()
    {
        // A block is sent when it is full or the last; shorter ones in between would only be more requests.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Ends uploads that nobody will commit. Disposing of the stream does not: writers close what they write to.</summary>
    public async ValueTask DropAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach ((Task upload, _) in _underWay) await upload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _underWay.Clear();
    }

    private int Take(ReadOnlySpan<byte> bytes)
    {
        _block ??= GC.AllocateUninitializedArray<byte>(BlockLength);
        int taken = Math.Min(bytes.Length, BlockLength - _filled);
        bytes[..taken].CopyTo(_block.AsSpan(_filled));
        _filled += taken;
        _length += taken;
        return taken;
    }

    private async Task SendAsync()
    {
        byte[] block = _block!;
        int count = _filled;
        (_block, _filled) = (null, 0);
        string id = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{_series}-{_ids.Count:D6}"));
        _ids.Add(id);

        // On the default scheduler: writers may hold all threads of theirs.
        _underWay.Enqueue((Task.Run(() => StageAsync(id, block, count)), block));
        if (_underWay.Count <= Parallel) return;
        (Task oldest, byte[] free) = _underWay.Dequeue();
        await oldest.ConfigureAwait(false);
        _block = free;
    }

    private async Task StageAsync(string id, byte[] block, int count) =>
        await BlobStore.AskAsync(address, async () =>
        {
            using MemoryStream content = new(block, 0, count, writable: false);
            return await blob.StageBlockAsync(id, content, cancellationToken: _stop.Token).ConfigureAwait(false);
        }).ConfigureAwait(false);
}
