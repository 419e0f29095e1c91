namespace BatchSegmenter.Formats.Archives;

/// <summary>A member as its archive lists it.</summary>
/// <param name="Name">The name as it stands in the archive.</param>
/// <param name="Size">Decompressed bytes as declared; null where only decompression would tell.</param>
internal abstract record ContainerEntry(string Name, long? Size);

/// <summary>An archive in a seekable stream, which is disposed with it.</summary>
/// <param name="source">The archive's bytes from position 0 on.</param>
/// <param name="address">The name that messages give.</param>
/// <param name="limits">What is allowed.</param>
internal abstract class Container(Stream source, string address, ArchiveLimits limits) : IDisposable
{
    protected Stream Source { get; } = source;

    protected string Address { get; } = address;

    protected ArchiveLimits Limits { get; } = limits;

    /// <summary>The archive in a stream, or null where its content is none.</summary>
    public static Container? Over(Stream source, string address, ArchiveLimits limits) => PointFormatDetector.Find(source) switch
    {
        "zip" => new ZipContainer(source, address, limits),
        "tar" => new TarContainer(source, address, limits),
        "gz" => new GzipContainer(source, address, limits),
        "7z" => new SevenZipContainer(source, address, limits),
        _ => null,
    };

    /// <summary>
    /// The files in it with names that are harmless and each there once: the second of a name gets <c>#2</c>. Read as it is
    /// enumerated, so that who stops early has not read on; members may be opened meanwhile.
    /// </summary>
    /// <param name="totals">Counts what was met.</param>
    public IEnumerable<(string Name, ContainerEntry Entry)> Members(ArchiveTotals totals)
    {
        Dictionary<string, int> met = new(StringComparer.Ordinal);
        foreach (ContainerEntry? entry in Entries())
        {
            totals.Add(entry?.Size ?? 0);
            if (entry is null || MemberName.Clean(entry.Name) is not { Length: > 0 } name) continue;
            string unique = name;
            if (!met.TryAdd(name, 1))
            {
                do unique = $"{name}#{++met[name]}";
                while (!met.TryAdd(unique, 1));
            }

            yield return (unique, entry);
        }
    }

    /// <summary>A seekable stream of a member's bytes.</summary>
    /// <param name="entry">What <see cref="Members"/> gave.</param>
    /// <param name="address">The name that messages about it give.</param>
    /// <param name="owner">Disposed with the stream (this container, by who needs no other member), not where this throws.</param>
    public abstract Stream Open(ContainerEntry entry, string address, IDisposable? owner);

    public virtual void Dispose() => Source.Dispose();

    /// <summary>The files in order; null for a member that is no file.</summary>
    protected abstract IEnumerable<ContainerEntry?> Entries();

    /// <summary>Bytes that can only be read forward, made seekable.</summary>
    protected Stream Seekable(Func<Stream> open, long? size, string address, IDisposable? owner)
    {
        if (size > Limits.MaxMemberSize)
            throw new UnsupportedPointCloudException(address, null, $"the member is {size} bytes; {Limits.MaxMemberSize} are allowed.");
        if (size is null || size <= Limits.InMemory)
        {
            using Stream content = open();
            if (SegmentedStream.Fill(content, Limits.InMemory) is { } held)
            {
                owner?.Dispose();
                return held;
            }
        }

        return new ReopeningStream(open, size, owner);
    }
}

/// <summary>What a walk through an archive, and the archives in it, has met.</summary>
internal sealed class ArchiveTotals(string address, ArchiveLimits limits)
{
    private long _members;
    private long _size;

    /// <summary>Whether <see cref="Add"/> has thrown.</summary>
    public bool AreExceeded { get; private set; }

    /// <summary>Counts a member.</summary>
    /// <exception cref="UnsupportedPointCloudException">It is one too many, or too much.</exception>
    public void Add(long size)
    {
        _size = size > long.MaxValue - _size ? long.MaxValue : _size + size;
        AreExceeded = ++_members > limits.MaxMembers || _size > limits.MaxTotalSize;
        if (_members > limits.MaxMembers)
            throw new UnsupportedPointCloudException(address, null, $"more than {limits.MaxMembers} members, the most that are allowed.");
        if (_size > limits.MaxTotalSize)
            throw new UnsupportedPointCloudException(
                address, null, $"the first {_members} members declare {_size} bytes together; {limits.MaxTotalSize} are allowed.");
    }
}
