using System.IO.Compression;

namespace BatchSegmenter.Formats.Archives;

/// <summary>The gzip of one file, which has no name of its own here.</summary>
internal sealed class GzipContainer(Stream source, string address, ArchiveLimits limits) : Container(source, address, limits)
{
    /// <inheritdoc/>
    public override Stream Open(ContainerEntry entry, string address, IDisposable? owner) => Seekable(
        OpenForward, null, address, owner);

    /// <summary>The bytes of the one member, to be read forward.</summary>
    public Stream OpenForward() => new WatchedStream(new GzipContent(Source), Address, Limits, CompressedLength, null, null);

    /// <summary>The bytes of the one member.</summary>
    public Stream Open(IDisposable? owner) => Open(new GzipEntry(), Address, owner);

    /// <inheritdoc/>
    protected override IEnumerable<ContainerEntry?> Entries() => [new GzipEntry()];

    // Of a gzip within a large gzip the length is known only by decompressing; then the outer one's ratio has to do.
    private long CompressedLength => Source is ReopeningStream ? long.MaxValue : Source.Length;

    private sealed record GzipEntry() : ContainerEntry("content", null);
}
