namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>
/// Records sorted into buckets on their way to a scratch file. Each bucket has a buffer; full ones are appended to the file, and all are
/// when the buffers together reach a limit, so that neither the number of open files nor memory grows with the number of
/// buckets. Within a bucket, records stay in the order in which they came. Not for several threads at a time.
/// </summary>
/// <param name="file">Holds the records; closed with this.</param>
/// <param name="recordBytes">Bytes of a record.</param>
/// <param name="mostBuffered">Bytes of all buffers at which they are emptied.</param>
internal sealed class ScratchBuckets<TKey>(ScratchFile file, int recordBytes, int mostBuffered = 32 << 20) : IDisposable
    where TKey : notnull
{
    private const int LeastPage = 1 << 10, GreatestPage = 1 << 17;

    private readonly Dictionary<TKey, Bucket> _buckets = [];
    private long _buffered;
    private TKey? _lastKey;
    private Bucket? _last;

    /// <summary>The buckets that have a record.</summary>
    public IReadOnlyCollection<TKey> Keys => _buckets.Keys;

    /// <summary>Records of a bucket.</summary>
    public int Count(TKey key) => _buckets.TryGetValue(key, out Bucket? bucket) ? checked((int)(bucket.Bytes / recordBytes)) : 0;

    /// <summary>Room for one more record of a bucket, to be filled at once.</summary>
    public Span<byte> Add(TKey key)
    {
        Bucket bucket = _last is not null && EqualityComparer<TKey>.Default.Equals(key, _lastKey) ? _last : Find(key);
        if (bucket.Filled + recordBytes > bucket.Buffer.Length) MakeRoom(bucket);
        Span<byte> record = bucket.Buffer.AsSpan(bucket.Filled, recordBytes);
        bucket.Filled += recordBytes;
        bucket.Bytes += recordBytes;
        return record;
    }

    /// <summary>Hands over all records of a bucket, whole ones, in the order in which they came, in spans that are valid for the call.</summary>
    public void Visit(TKey key, VisitRecords visit)
    {
        if (!_buckets.TryGetValue(key, out Bucket? bucket)) return;
        byte[] page = new byte[bucket.Pages.Count == 0 ? 0 : bucket.Pages.Max(p => p.Length)];
        foreach ((long at, int length) in bucket.Pages)
        {
            file.Read(at, page.AsSpan(0, length));
            visit(page.AsSpan(0, length));
        }

        visit(bucket.Buffer.AsSpan(0, bucket.Filled));
    }

    /// <summary>Writes what is buffered, to give its memory back.</summary>
    public void Flush()
    {
        foreach (Bucket bucket in _buckets.Values)
        {
            Write(bucket);
            bucket.Buffer = [];
        }

        _buffered = 0;
    }

    /// <summary>Removes the file.</summary>
    public void Dispose() => file.Dispose();

    // Points that follow one another mostly go to the same bucket, so the last is asked first.
    private Bucket Find(TKey key)
    {
        if (!_buckets.TryGetValue(key, out Bucket? bucket)) _buckets.Add(key, bucket = new Bucket());
        (_lastKey, _last) = (key, bucket);
        return bucket;
    }

    private void MakeRoom(Bucket bucket)
    {
        int grown = Math.Min(GreatestPage, Math.Max(2 * bucket.Buffer.Length, LeastPage)) / recordBytes * recordBytes;
        if (grown <= bucket.Buffer.Length)
        {
            Write(bucket);
            return;
        }

        if (_buffered + grown > mostBuffered) Flush();
        grown = Math.Max(grown, recordBytes);
        byte[] buffer = new byte[grown];
        bucket.Buffer.AsSpan(0, bucket.Filled).CopyTo(buffer);
        _buffered += grown - bucket.Buffer.Length;
        bucket.Buffer = buffer;
    }

    private void Write(Bucket bucket)
    {
        if (bucket.Filled == 0) return;
        bucket.Pages.Add((file.Append(bucket.Buffer.AsSpan(0, bucket.Filled)), bucket.Filled));
        bucket.Filled = 0;
    }

    /// <summary>Takes records.</summary>
    internal delegate void VisitRecords(ReadOnlySpan<byte> records);

    private sealed class Bucket
    {
        public byte[] Buffer { get; set; } = [];

        public int Filled { get; set; }

        public long Bytes { get; set; }

        public List<(long At, int Length)> Pages { get; } = [];
    }
}
