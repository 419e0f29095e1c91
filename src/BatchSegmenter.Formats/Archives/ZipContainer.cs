using System.Buffers.Binary;
using System.IO.Compression;

namespace BatchSegmenter.Formats.Archives;

/// <summary>
/// Zip archives, with the 64-bit extension. Read here rather than by the framework's ZipArchive, which hides where a stored member lies and
/// reads the whole directory into memory, however long it says it is.
/// </summary>
internal sealed class ZipContainer(Stream source, string address, ArchiveLimits limits) : Container(source, address, limits)
{
    private const int EndLength = 22, LocatorLength = 20, End64Length = 56, EntryLength = 46, LocalLength = 30;
    private const int MaxComment = ushort.MaxValue;
    private const int DirectoryBuffer = 1 << 16;
    private const uint UnixLink = 0xA;

    /// <inheritdoc/>
    protected override IEnumerable<ContainerEntry?> Entries()
    {
        (long start, long length, long count, long shift) = FindDirectory();
        if (count > Limits.MaxMembers)
            throw new UnsupportedPointCloudException(Address, start, $"a zip archive of {count} members; {Limits.MaxMembers} are allowed.");
        using BufferedStream directory = new(new BoundedStream(Source, start, length, Address), DirectoryBuffer);
        byte[] fixedPart = new byte[EntryLength];
        for (long i = 0; i < count; i++)
        {
            long at = start + directory.Position;
            if (length - directory.Position < EntryLength || !Fill(directory, fixedPart) || !fixedPart.AsSpan().StartsWith("PK\u0001\u0002"u8))
                throw new InvalidPointCloudException(Address, at, $"member {i} of {count} was expected here in the zip directory. The archive is corrupt.");
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart.AsSpan(28));
            int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart.AsSpan(30));
            int commentLength = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart.AsSpan(32));
            byte[] variable = new byte[nameLength + extraLength];
            if (length - directory.Position < variable.Length + commentLength || !Fill(directory, variable))
                throw new InvalidPointCloudException(Address, at, $"the zip directory ends within the name of member {i} of {count}. The archive is corrupt.");
            directory.Position += commentLength;
            yield return Parse(fixedPart, variable.AsSpan(0, nameLength), variable.AsSpan(nameLength), shift);
        }
    }

    /// <inheritdoc/>
    public override Stream Open(ContainerEntry entry, string address, IDisposable? owner) => Open(entry, address, owner, isHeld: true);

    /// <summary>A seekable stream for who reads but the start of a member: no more than that is decompressed.</summary>
    public Stream OpenStart(ContainerEntry entry, string address) => Open(entry, address, null, isHeld: false);

    private Stream Open(ContainerEntry entry, string address, IDisposable? owner, bool isHeld)
    {
        ZipEntry member = (ZipEntry)entry;
        if (member.Encrypted) throw new UnsupportedPointCloudException(address, member.HeaderOffset, "the member is encrypted. Decrypt the archive first.");
        if (member.Method is not (0 or 8))
            throw new UnsupportedPointCloudException(
                address, member.HeaderOffset, $"zip compression method {member.Method}{NameOf(member.Method)}; 0 (stored) and 8 (deflate) are read. Pack the archive again with one of these.");

        Span<byte> local = stackalloc byte[LocalLength];
        long room = Source.Length - LocalLength;
        if (member.HeaderOffset < 0 || member.HeaderOffset > room) throw Misplaced(address, member);
        Source.Position = member.HeaderOffset;
        Source.ReadExactly(local);
        if (!local.StartsWith("PK\u0003\u0004"u8)) throw Misplaced(address, member);
        long start = member.HeaderOffset + LocalLength + BinaryPrimitives.ReadUInt16LittleEndian(local[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(local[28..]);
        if (member.Compressed < 0 || member.Compressed > Source.Length - start)
            throw new InvalidPointCloudException(
                address, start, $"the member's {member.Compressed} bytes from here on go beyond the archive's end at {Source.Length}. The archive is truncated or corrupt.");
        long size = member.Size!.Value;
        if (member.Method == 0)
        {
            if (size != member.Compressed)
                throw new InvalidPointCloudException(address, member.HeaderOffset, $"a stored member of {member.Compressed} bytes that declares {size}. The archive is corrupt.");
            return new BoundedStream(Source, start, size, address, owner);
        }

        if (size > Limits.RatioFloor && size > Limits.MaxRatio * Math.Max(1, member.Compressed))
            throw new UnsupportedPointCloudException(
                address, start, $"{member.Compressed} compressed bytes declare {size}, more than {Limits.MaxRatio} for each, as in a decompression bomb.");
        return isHeld ? Seekable(Decompress, size, address, owner) : new ReopeningStream(Decompress, size, owner);

        Stream Decompress() => new WatchedStream(
            new DeflateStream(new BoundedStream(Source, start, member.Compressed, address), CompressionMode.Decompress), address, Limits, member.Compressed, size, member.Crc32);
    }

    private static ZipEntry? Parse(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> name, ReadOnlySpan<byte> extra, long shift)
    {
        bool isLink = entry[5] == 3 && BinaryPrimitives.ReadUInt32LittleEndian(entry[38..]) >> 28 == UnixLink;
        if (isLink || name.IsEmpty || name[^1] is (byte)'/' or (byte)'\\') return null;
        long compressed = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]);
        while (extra.Length >= 4)
        {
            int id = BinaryPrimitives.ReadUInt16LittleEndian(extra), length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4) break;
            if (id == 1)
            {
                ReadOnlySpan<byte> wide = extra.Slice(4, length);
                Widen(ref size, ref wide);
                Widen(ref compressed, ref wide);
                Widen(ref offset, ref wide);
            }

            extra = extra[(4 + length)..];
        }

        // A size that no stream can have is kept as one that no limit allows.
        return new ZipEntry(
            MemberName.Decode(name), size < 0 ? long.MaxValue : size, compressed, offset < 0 ? -1 : offset + shift,
            BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]), (entry[8] & 1) != 0, BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]));
    }

    private static void Widen(ref long value, ref ReadOnlySpan<byte> wide)
    {
        if (value != uint.MaxValue || wide.Length < 8) return;
        value = BinaryPrimitives.ReadInt64LittleEndian(wide);
        wide = wide[8..];
    }

    /// <summary>Where the directory lies, and by how much all offsets are shifted by what was put before the archive.</summary>
    private (long Start, long Length, long Count, long Shift) FindDirectory()
    {
        long size = Source.Length;
        byte[] tail = new byte[(int)Math.Min(size, EndLength + MaxComment + LocatorLength)];
        Source.Position = size - tail.Length;
        Source.ReadExactly(tail);
        int end = tail.Length - EndLength;
        while (end >= 0 && !(tail.AsSpan(end).StartsWith("PK\u0005\u0006"u8) && BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(end + 20)) <= tail.Length - end - EndLength)) end--;
        if (end < 0)
            throw new InvalidPointCloudException(Address, size, $"a zip archive without its directory, which stands at the end; the file has {size} bytes. It is truncated.");
        long endOffset = size - tail.Length + end;
        ReadOnlySpan<byte> record = tail.AsSpan(end);
        if (BinaryPrimitives.ReadUInt16LittleEndian(record[4..]) is not (0 or ushort.MaxValue) || BinaryPrimitives.ReadUInt16LittleEndian(record[6..]) is not (0 or ushort.MaxValue))
            throw new UnsupportedPointCloudException(Address, endOffset, "one part of a zip archive that is split over several files. Join them first.");
        long count = BinaryPrimitives.ReadUInt16LittleEndian(record[10..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(record[12..]);
        long start = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
        if (end >= LocatorLength && tail.AsSpan(end - LocatorLength).StartsWith("PK\u0006\u0007"u8))
        {
            // It stands right before its locator, unless something was put between; where the locator says is wrong behind a prefix.
            long before = endOffset - LocatorLength - End64Length;
            long wideOffset = BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(end - LocatorLength + 8));
            byte[] wide = new byte[End64Length];
            if (ReadWide(before, wide)) wideOffset = before;
            else if (!ReadWide(wideOffset, wide)) throw BadDirectory(endOffset, wideOffset, End64Length);
            count = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(32));
            length = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(40));
            start = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(48));
            endOffset = wideOffset;
        }

        long shift = endOffset - length - start;
        if (start < 0 || length < 0 || shift < 0 || count < 0 || count > length / EntryLength) throw BadDirectory(endOffset, start, length);
        return (start + shift, length, count, shift);
    }

    private bool ReadWide(long offset, Span<byte> record)
    {
        if (offset < 0 || offset > Source.Length - record.Length) return false;
        Source.Position = offset;
        return Fill(Source, record) && record.StartsWith("PK\u0006\u0006"u8);
    }

    private static bool Fill(Stream stream, Span<byte> buffer) => stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) == buffer.Length;

    private InvalidPointCloudException BadDirectory(long offset, long start, long length) =>
        new(Address, offset, $"the zip directory should lie at byte {start} with {length} bytes, before this byte, and hold the members that are declared. The archive is corrupt.");

    private static InvalidPointCloudException Misplaced(string address, ZipEntry member) =>
        new(address, member.HeaderOffset, "the zip directory says that the member begins here, but it does not. The archive is truncated or corrupt.");

    private static string NameOf(int method) => method switch
    {
        9 => " (deflate64)",
        12 => " (bzip2)",
        14 => " (LZMA)",
        93 => " (zstandard)",
        95 => " (xz)",
        98 => " (PPMd)",
        99 => " (AES encryption)",
        _ => "",
    };

    private sealed record ZipEntry(string Name, long? Size, long Compressed, long HeaderOffset, int Method, bool Encrypted, uint Crc32)
        : ContainerEntry(Name, Size);
}
