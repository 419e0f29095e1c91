namespace BatchSegmenter.Formats.Archives;

/// <summary>What an archive may ask for before it is taken for a decompression bomb; each breach is an <see cref="UnsupportedPointCloudException"/>.</summary>
public sealed record ArchiveLimits
{
    /// <summary>Every default.</summary>
    public static ArchiveLimits Default { get; } = new();

    /// <summary>Bytes of a decompressed member up to which it is held in memory, where seeking costs nothing; a larger one is decompressed anew to seek back.</summary>
    /// <value>Default: 64 MiB.</value>
    public long InMemory { get; init; } = 64L << 20;

    /// <summary>Decompressed bytes for each compressed one. Members that decompress to less than <see cref="RatioFloor"/> bytes are let through.</summary>
    /// <value>Default: 1000.</value>
    public double MaxRatio { get; init; } = 1000;

    /// <summary>Decompressed bytes up to which no ratio is too high.</summary>
    /// <value>Default: 16 MiB.</value>
    public long RatioFloor { get; init; } = 16L << 20;

    /// <summary>Members of an archive and of the archives in it, folders included.</summary>
    /// <value>Default: 1,000,000.</value>
    public int MaxMembers { get; init; } = 1_000_000;

    /// <summary>Archives within one another, the outermost included. The gzip of a .tar.gz is no archive of its own.</summary>
    /// <value>Default: 3.</value>
    public int MaxNesting { get; init; } = 3;

    /// <summary>Bytes of one decompressed member.</summary>
    /// <value>Default: 1 TiB.</value>
    public long MaxMemberSize { get; init; } = 1L << 40;

    /// <summary>Bytes of all members together, decompressed, as the archive declares them.</summary>
    /// <value>Default: 16 TiB.</value>
    public long MaxTotalSize { get; init; } = 16L << 40;
}
