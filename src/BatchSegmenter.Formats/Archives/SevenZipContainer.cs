using SharpCompress.Archives;
using SharpCompress.Archives.SevenZip;
using SharpCompress.Readers;

namespace BatchSegmenter.Formats.Archives;

/// <summary>7z archives, by SharpCompress. Members of a solid archive are decompressed from its beginning on.</summary>
internal sealed class SevenZipContainer(Stream source, string address, ArchiveLimits limits) : Container(source, address, limits)
{
    private IArchive? _archive;

    /// <inheritdoc/>
    public override Stream Open(ContainerEntry entry, string address, IDisposable? owner)
    {
        SevenZipEntry member = (SevenZipEntry)entry;
        if (member.Entry.IsEncrypted) throw new UnsupportedPointCloudException(address, null, "the member is encrypted. Decrypt the archive first.");
        uint? crc = member.Entry.Crc is > 0 and <= uint.MaxValue and var known ? (uint)known : null;
        return Seekable(
            () => new WatchedStream(Guard(address, member.Entry.OpenEntryStream), address, Limits, Source.Length, member.Size, crc), member.Size, address, owner);
    }

    public override void Dispose()
    {
        _archive?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override IEnumerable<ContainerEntry?> Entries()
    {
        _archive ??= Guard(Address, () =>
        {
            Source.Position = 0;
            return SevenZipArchive.OpenArchive(Source, new ReaderOptions { LeaveStreamOpen = true });
        });
        using IEnumerator<IArchiveEntry> entries = Guard(Address, () => _archive.Entries.GetEnumerator());
        while (Guard(Address, entries.MoveNext))
        {
            IArchiveEntry entry = entries.Current;
            yield return entry.IsDirectory || entry.Key is not { } name ? null : new SevenZipEntry(name, entry.Size < 0 ? long.MaxValue : entry.Size, entry);
        }
    }

    /// <summary>The library throws many types on damaged archives, those of array bounds among them.</summary>
    private static T Guard<T>(string address, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SharpCompress.Common.CryptographicException fault)
        {
            throw new UnsupportedPointCloudException(address, null, "the archive is encrypted. Decrypt it first.", fault);
        }
        catch (Exception fault) when (fault is not (PointCloudException or IOException) || fault is EndOfStreamException)
        {
            throw WatchedStream.Corrupt(address, null, fault);
        }
    }

    private sealed record SevenZipEntry(string Name, long? Size, IArchiveEntry Entry) : ContainerEntry(Name, Size);
}
