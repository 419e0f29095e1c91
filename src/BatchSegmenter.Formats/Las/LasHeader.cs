using System.Buffers.Binary;

namespace BatchSegmenter.Formats.Las;

/// <summary>
/// The public header block of a LAS file, versions 1.0–1.4 and the 1.5 draft: a view over its bytes, which are kept as they are in
/// the file. Fields that an older version lacks read as 0.
/// </summary>
public sealed class LasHeader
{
    internal const int MinLength = 227;

    /// <summary>Added to the point format byte of a compressed file.</summary>
    internal const int CompressedBit = 0x80;
    private const int Length13 = 235;
    private const int Length14 = 375;
    private const int Length15 = 393;
    private readonly byte[] _bytes;

    internal LasHeader(byte[] bytes) => _bytes = bytes;

    /// <summary>The header as stored, <see cref="HeaderSize"/> bytes (fields that a program added included).</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>File source id (flight line), 0 where unassigned.</summary>
    public ushort FileSourceId => UInt16(4);

    /// <summary>Global encoding bits: 1 GPS time is adjusted standard time, 2 internal and 4 external waveforms, 8 synthetic returns, 16 WKT.</summary>
    public ushort GlobalEncoding => UInt16(6);

    /// <summary>Project id, 16 bytes as a GUID.</summary>
    public Guid ProjectId => new(_bytes.AsSpan(8, 16));

    /// <summary>Version, major number: 1.</summary>
    public int VersionMajor => _bytes[24];

    /// <summary>Version, minor number: 0–5.</summary>
    public int VersionMinor => _bytes[25];

    /// <summary>Version as text, such as <c>1.4</c>.</summary>
    public string Version => $"{VersionMajor}.{VersionMinor}";

    /// <summary>System identifier.</summary>
    public string SystemIdentifier => Text(26, 32);

    /// <summary>Generating software.</summary>
    public string GeneratingSoftware => Text(58, 32);

    /// <summary>Day of the year of creation, 1 for 1 January; 0 where unknown.</summary>
    public ushort CreationDayOfYear => UInt16(90);

    /// <summary>Year of creation; 0 where unknown.</summary>
    public ushort CreationYear => UInt16(92);

    /// <summary>Bytes of the header block.</summary>
    public ushort HeaderSize => UInt16(94);

    /// <summary>Byte offset of the first point record (or of the compressed stream).</summary>
    public uint PointDataOffset => UInt32(96);

    /// <summary>Variable length records that the header promises.</summary>
    public uint VlrCount => UInt32(100);

    /// <summary>Point format, 0–10, without the bits that mark compression.</summary>
    public int PointFormat => _bytes[104] & 0x3F;

    /// <summary>Whether the point records are compressed (LAZ): the upper bits of the point format.</summary>
    public bool IsCompressed => (_bytes[104] & 0xC0) != 0;

    /// <summary>Bytes of one uncompressed point record, extra bytes included.</summary>
    public int RecordLength => UInt16(105);

    /// <summary>The 32-bit point count of versions before 1.4; 0 in most newer files.</summary>
    public uint LegacyPointCount => UInt32(107);

    /// <summary>Points: the 64-bit count where the version has one and it is not 0, else the 32-bit count.</summary>
    public ulong PointCount => Has(Length14) && UInt64(247) is > 0 and var count ? count : LegacyPointCount;

    /// <summary>Step of the stored integers, per axis, in the file's units.</summary>
    public (double X, double Y, double Z) Scale => (Double(131), Double(139), Double(147));

    /// <summary>What is added to the scaled integers, per axis, in the file's units.</summary>
    public (double X, double Y, double Z) Offset => (Double(155), Double(163), Double(171));

    /// <summary>Lower corner of the bounding box.</summary>
    public (double X, double Y, double Z) Min => (Double(187), Double(203), Double(219));

    /// <summary>Upper corner of the bounding box.</summary>
    public (double X, double Y, double Z) Max => (Double(179), Double(195), Double(211));

    /// <summary>Byte offset of the internal waveform packets (1.3 and later); 0 where there are none.</summary>
    public ulong WaveformOffset => Has(Length13) ? UInt64(227) : 0;

    /// <summary>Byte offset of the first extended variable length record (1.4); 0 where there is none.</summary>
    public ulong EvlrOffset => Has(Length14) ? UInt64(235) : 0;

    /// <summary>Extended variable length records that the header promises.</summary>
    public uint EvlrCount => Has(Length14) ? UInt32(243) : 0;

    /// <summary>Least and greatest GPS time (1.5 draft), seconds; NaN in earlier versions.</summary>
    public (double Min, double Max) GpsTimeRange => Has(Length15) ? (Double(383), Double(375)) : (double.NaN, double.NaN);

    /// <summary>Offset of the GPS time in millions of seconds (1.5 draft).</summary>
    public ushort GpsTimeOffset => Has(Length15) ? UInt16(391) : (ushort)0;

    /// <summary>Points of each return number: 15 where the version has 64-bit counts, else 5.</summary>
    public ulong[] PointsByReturn()
    {
        if (Has(Length14) && UInt64(247) > 0) return [.. Enumerable.Range(0, 15).Select(i => UInt64(255 + 8 * i))];
        return [.. Enumerable.Range(0, 5).Select(i => (ulong)UInt32(111 + 4 * i))];
    }

    /// <summary>Reads and checks the header of a file that begins with <c>LASF</c>.</summary>
    /// <exception cref="InvalidPointCloudException">A field contradicts the version or the length of the file.</exception>
    /// <exception cref="UnsupportedPointCloudException">The version or the point format is not one of 1.0–1.5 and 0–10.</exception>
    internal static LasHeader Read(Stream stream, string path)
    {
        byte[] bytes = new byte[MinLength];
        stream.Position = 0;
        int found = stream.ReadAtLeast(bytes, MinLength, throwOnEndOfStream: false);
        if (found < MinLength)
            throw new InvalidPointCloudException(path, found, $"the file ends after {found} bytes; a LAS header has at least {MinLength}. The file is truncated.");
        LasHeader start = new(bytes);
        if (start.VersionMajor != 1 || start.VersionMinor > 5)
            throw new UnsupportedPointCloudException(path, 24, $"LAS version {start.Version}; versions 1.0 to 1.5 are read. The header may be corrupt.");
        if (start.HeaderSize < MinLength)
            throw new InvalidPointCloudException(path, 94, $"header size {start.HeaderSize}; at least {MinLength} was expected.");
        if (start.PointDataOffset < start.HeaderSize)
            throw new InvalidPointCloudException(
                path, 96, $"the point data starts at byte {start.PointDataOffset}, within the header of {start.HeaderSize} bytes.");
        if (start.PointDataOffset > stream.Length)
            throw new InvalidPointCloudException(
                path, 96, $"the point data starts at byte {start.PointDataOffset}, but the file has {stream.Length} bytes. The file is truncated or its header corrupt.");

        Array.Resize(ref bytes, start.HeaderSize);
        stream.ReadExactly(bytes.AsSpan(MinLength));
        LasHeader header = new(bytes);
        header.Check(path);
        return header;
    }

    private void Check(string path)
    {
        if (LasPointFormat.Find(PointFormat) is not { } format)
            throw new UnsupportedPointCloudException(path, 104, $"point format {PointFormat}; formats 0 to 10 are read.");
        if (RecordLength < format.Length)
            throw new InvalidPointCloudException(path, 105, $"record length {RecordLength}; point format {format.Id} needs at least {format.Length} bytes.");
        if (PointCount > long.MaxValue / ushort.MaxValue)
            throw new InvalidPointCloudException(path, 247, $"point count {PointCount}, more than any file can hold. The header is corrupt.");
        (double X, double Y, double Z) scale = Scale, offset = Offset;
        if (!double.IsFinite(scale.X + scale.Y + scale.Z + offset.X + offset.Y + offset.Z))
            throw new InvalidPointCloudException(
                path, 131, $"scale ({scale.X}, {scale.Y}, {scale.Z}) and offset ({offset.X}, {offset.Y}, {offset.Z}); finite numbers were expected.");
    }

    private bool Has(int length) => _bytes.Length >= length && VersionMinor >= (length == Length13 ? 3 : length == Length14 ? 4 : 5);

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset));

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset));

    private double Double(int offset) => BinaryPrimitives.ReadDoubleLittleEndian(_bytes.AsSpan(offset));

    private string Text(int offset, int length) => LasVlr.TextOf(_bytes.AsSpan(offset, length));
}
