using System.Globalization;

namespace BatchSegmenter.Formats.Archives;

/// <summary>
/// Tar archives. Read here rather than by the framework's TarReader, which takes memory for whatever length an extended header claims. Headers are
/// met one after the other, without asking for the archive's length, so that of a .tar.gz no more is decompressed than is looked for.
/// </summary>
internal sealed class TarContainer(Stream source, string address, ArchiveLimits limits) : Container(source, address, limits)
{
    /// <summary>Bytes of a long name or of extended attributes.</summary>
    private const int MaxExtension = 1 << 20;

    /// <inheritdoc/>
    protected override IEnumerable<ContainerEntry?> Entries()
    {
        byte[] block = new byte[TarHeader.Length];
        string? longName = null;
        long? longSize = null;
        for (long at = 0; ReadBlock(block, at);)
        {
            (char type, long size, string name) = Parse(block, at);
            long content = at + TarHeader.Length;
            bool extends = type is 'L' or 'x';
            if (longSize is { } known && !extends) size = known;

            // Links, devices and folders have no content, whatever their size says.
            long occupied = type is >= '1' and <= '6' ? 0 : size;
            if (occupied > long.MaxValue - content - TarHeader.Length)
                throw new InvalidPointCloudException(Address, at, $"a tar member of {size} bytes. The archive is corrupt.");
            at = content + ((occupied + TarHeader.Length - 1) / TarHeader.Length * TarHeader.Length);
            if (type == 'L') longName = MemberName.Decode(ReadExtension(content, size).AsSpan().TrimEnd((byte)0));
            else if (type == 'x') ReadAttributes(ReadExtension(content, size), content, ref longName, ref longSize);
            else if (type is not ('g' or 'K'))
            {
                name = longName ?? name;
                bool isFile = type is '0' or '\0' or '7' or 'S' && !name.EndsWith('/');
                yield return isFile ? new TarEntry(name, size, content, type == 'S') : null;
                longName = null;
                longSize = null;
            }
        }
    }

    /// <inheritdoc/>
    public override Stream Open(ContainerEntry entry, string address, IDisposable? owner)
    {
        TarEntry member = (TarEntry)entry;
        long size = member.Size!.Value;
        if (member.IsSparse) throw new UnsupportedPointCloudException(address, member.Offset, "a sparse tar member. Pack the archive again without --sparse.");
        if (size > Limits.MaxMemberSize)
            throw new UnsupportedPointCloudException(address, member.Offset, $"the member is {size} bytes; {Limits.MaxMemberSize} are allowed.");
        BoundedStream part = new(Source, member.Offset, size, address, owner);
        if (Source is not ReopeningStream)
        {
            if (size > Source.Length - member.Offset)
                throw new InvalidPointCloudException(
                    address, member.Offset, $"the member's {size} bytes from here on go beyond the archive's end at {Source.Length}. The archive is truncated.");
            return part;
        }

        if (size > Limits.InMemory || SegmentedStream.Fill(part, Limits.InMemory) is not { } held) return part;
        owner?.Dispose();
        return held;
    }

    private (char Type, long Size, string Name) Parse(ReadOnlySpan<byte> block, long at)
    {
        if (!TarHeader.IsHeader(block))
            throw new InvalidPointCloudException(Address, at, "a tar header was expected here, but its checksum is wrong. The archive is corrupt.");
        TarHeader header = new(block);
        if (header.Size < 0) throw new InvalidPointCloudException(Address, at, "the size of the tar member that begins here is no number. The archive is corrupt.");
        return (header.Type, header.Size, header.Name);
    }

    /// <summary>Reads a header; false at the end of the archive, which is two blocks of zeros, or missing.</summary>
    private bool ReadBlock(byte[] block, long at)
    {
        Source.Position = at;
        int count = Source.ReadAtLeast(block, block.Length, throwOnEndOfStream: false);
        if (count > 0 && count < block.Length)
            throw new InvalidPointCloudException(Address, at, $"the tar archive ends after {count} of the {block.Length} bytes of a header. It is truncated.");
        return count > 0 && block.AsSpan().IndexOfAnyExcept((byte)0) >= 0;
    }

    private byte[] ReadExtension(long offset, long length)
    {
        if (length > MaxExtension) throw new UnsupportedPointCloudException(Address, offset, $"a tar header extension of {length} bytes; {MaxExtension} are allowed.");
        byte[] extension = new byte[length];
        Source.Position = offset;
        if (Source.ReadAtLeast(extension, extension.Length, throwOnEndOfStream: false) < extension.Length)
            throw new InvalidPointCloudException(Address, offset, $"the tar archive ends within the {length} bytes of a header extension. It is truncated.");
        return extension;
    }

    /// <summary>Lines "LENGTH KEY=VALUE\n", of which the length counts all.</summary>
    private void ReadAttributes(ReadOnlySpan<byte> attributes, long offset, ref string? name, ref long? size)
    {
        while (!attributes.IsEmpty)
        {
            int space = attributes.IndexOf((byte)' ');
            if (space < 1 || !int.TryParse(attributes[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length <= space + 1 || length > attributes.Length
                || attributes[(space + 1)..(length - 1)].IndexOf((byte)'=') is not (>= 0 and var equals))
                throw new InvalidPointCloudException(Address, offset, "the extended tar header that begins here holds no list of attributes. The archive is corrupt.");
            ReadOnlySpan<byte> key = attributes.Slice(space + 1, equals), value = attributes[(space + 2 + equals)..(length - 1)];
            if (key.SequenceEqual("path"u8)) name = MemberName.Decode(value);
            else if (key.SequenceEqual("size"u8))
            {
                if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                    throw new InvalidPointCloudException(Address, offset, "the size in the extended tar header that begins here is no number. The archive is corrupt.");
                size = number;
            }

            attributes = attributes[length..];
        }
    }

    private sealed record TarEntry(string Name, long? Size, long Offset, bool IsSparse) : ContainerEntry(Name, Size);
}
