using System.Buffers.Binary;

namespace BatchSegmenter.Formats.E57;

/// <summary>The 48 bytes at the start of an E57 file. Offsets are physical: they count the checksums of pages.</summary>
/// <param name="PhysicalLength">Bytes of the file.</param>
/// <param name="XmlOffset">Byte offset of the XML section.</param>
/// <param name="XmlLength">Bytes of the XML section, without the checksums within it.</param>
/// <param name="PageSize">Bytes of a page, its checksum included.</param>
internal readonly record struct E57Header(long PhysicalLength, long XmlOffset, long XmlLength, int PageSize)
{
    public const int Length = 48;

    /// <summary>Every writer known uses pages of 1 KiB; the limit keeps a lying header from asking for memory.</summary>
    private const ulong MaxPageSize = 1 << 20;

    public static E57Header Read(Stream stream, string path)
    {
        Span<byte> bytes = stackalloc byte[Length];
        stream.Position = 0;
        int found = stream.ReadAtLeast(bytes, Length, throwOnEndOfStream: false);
        if (found < Length)
            throw new InvalidPointCloudException(path, found, $"the file ends after {found} bytes; an E57 header has {Length}. The file is truncated.");
        if (!bytes.StartsWith("ASTM-E57"u8))
            throw new UnknownPointCloudFormatException(path, "the file does not begin with ASTM-E57.");
        uint major = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), minor = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        if (major != 1) throw new UnsupportedPointCloudException(path, 8, $"E57 version {major}.{minor}; version 1.0 is read.");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        ulong xmlOffset = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        ulong xmlLength = BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]);
        ulong pageSize = BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]);
        if (pageSize < 64 || pageSize > MaxPageSize || pageSize % 4 != 0)
            throw new InvalidPointCloudException(path, 40, $"pages of {pageSize} bytes; multiples of 4 from 64 to {MaxPageSize} are read, and 1024 is usual. The header is corrupt.");
        if (length > (ulong)stream.Length)
            throw new InvalidPointCloudException(path, stream.Length, $"the file has {stream.Length} bytes; its header promises {length}. The file is truncated.");
        if (length % pageSize != 0)
            throw new InvalidPointCloudException(path, 16, $"a length of {length} bytes, which is not a whole number of pages of {pageSize} bytes. The header is corrupt.");
        if (xmlOffset >= length || xmlLength > length)
            throw new InvalidPointCloudException(path, 24, $"an XML section of {xmlLength} bytes from byte {xmlOffset} in a file of {length}. The header is corrupt.");
        return new E57Header((long)length, (long)xmlOffset, (long)xmlLength, (int)pageSize);
    }
}
