using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// Reads a blob from anywhere, in blocks that are fetched ahead, several at once, as long as it is read forward. Every request asks for the
/// tag that the reading began with. At most <see cref="Held"/> blocks are held.
/// </summary>
internal sealed class BlobReadStream(BlockBlobClient blob, StoredObject it, string address) : Stream
{
    /// <summary>Bytes of a block, but for the last.</summary>
    public const int BlockLength = 4 << 20;

    /// <summary>Blocks fetched before they are asked for.</summary>
    public const int Ahead = 3;

    /// <summary>Blocks held at once: those ahead, the one that is read and the one before.</summary>
    public const int Held = Ahead + 2;

    // The client takes up cut bodies itself; this is for those that it takes for whole.
    private const int Attempts = 5;

    private readonly Dictionary<long, Task<byte[]>> _blocks = [];
    private readonly Stack<byte[]> _free = new();
    private readonly CancellationTokenSource _stop = new();
    private byte[] _current = [];
    private long _currentIndex = -1;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => it.Length;

    public override long Position { get => _position; set => Seek(value, SeekOrigin.Begin); }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _position >= Length) return 0;
        if (_position / BlockLength != _currentIndex) Enter(_position / BlockLength, Ask(_position / BlockLength).GetAwaiter().GetResult());
        return Take(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position >= Length) return 0;
        long block = _position / BlockLength;
        if (block != _currentIndex) Enter(block, await Ask(block).WaitAsync(cancellationToken).ConfigureAwait(false));
        return Take(buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin)
    {
        long position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => Length };
        return position >= 0 ? _position = position : throw new IOException($"{address}: {position} lies before the start.");
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _stop.Cancel();
        base.Dispose(disposing);
    }

    private int Take(Span<byte> buffer)
    {
        int from = (int)(_position - (_currentIndex * BlockLength));
        int count = Math.Min(buffer.Length, LengthOf(_currentIndex) - from);
        _current.AsSpan(from, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    private void Enter(long index, byte[] block) => (_currentIndex, _current) = (index, block);

    /// <summary>The block's bytes, and those after it under way if it follows the one before.</summary>
    private Task<byte[]> Ask(long index)
    {
        bool isForward = index == _currentIndex + 1 && _currentIndex >= 0;
        (_currentIndex, _current) = (-1, []);
        long last = Math.Min(isForward ? index + Ahead : index, (Length - 1) / BlockLength);
        foreach (long old in _blocks.Keys.Where(old => old < index - 1 || old > index + Ahead || (_blocks[old].IsCompleted && !_blocks[old].IsCompletedSuccessfully)).ToArray())
        {
            // One that is still on its way keeps its memory until it has come.
            if (_blocks.Remove(old, out Task<byte[]>? dropped) && dropped.IsCompletedSuccessfully && dropped.Result.Length == BlockLength) _free.Push(dropped.Result);
        }

        for (long block = index; block <= last; block++)
        {
            if (_blocks.ContainsKey(block)) continue;
            (long wanted, int length) = (block, LengthOf(block));
            byte[] bytes = length == BlockLength && _free.TryPop(out byte[]? free) ? free : GC.AllocateUninitializedArray<byte>(length);

            // On the default scheduler: readers may hold all threads of theirs.
            _blocks[block] = Task.Run(() => FetchAsync(wanted, bytes));
        }

        return _blocks[index];
    }

    private int LengthOf(long block) => (int)Math.Min(BlockLength, Length - (block * BlockLength));

    private async Task<byte[]> FetchAsync(long block, byte[] bytes)
    {
        BlobDownloadOptions options = new() { Range = new HttpRange(block * BlockLength, bytes.Length), Conditions = new() { IfMatch = new ETag(it.Tag) } };
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using BlobDownloadStreamingResult answer = await blob.DownloadStreamingAsync(options, _stop.Token).ConfigureAwait(false);
                int read = await answer.Content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, _stop.Token).ConfigureAwait(false);
                if (read == bytes.Length) return bytes;
                throw new IOException($"{read} of {bytes.Length} bytes came");
            }
            catch (RequestFailedException fault) when (fault.Status is 412 or 416 || BlobFaults.IsAbsent(fault))
            {
                throw new ObjectChangedException(address, it.Tag, await FindTagAsync().ConfigureAwait(false));
            }
            catch (IOException) when (attempt < Attempts)
            {
                await Task.Delay((100 << attempt) + Random.Shared.Next(200), _stop.Token).ConfigureAwait(false);
            }
            catch (Exception fault) when (BlobFaults.IsKnown(fault))
            {
                throw BlobFaults.Of(fault, address);
            }
        }
    }

    /// <summary>What is there now, for the message alone.</summary>
    private async Task<string?> FindTagAsync()
    {
        try
        {
            BlobProperties found = await blob.GetPropertiesAsync(cancellationToken: _stop.Token).ConfigureAwait(false);
            return BlobStore.TagOf(found.ETag);
        }
        catch (Exception fault) when (BlobFaults.IsKnown(fault))
        {
            return null;
        }
    }
}
