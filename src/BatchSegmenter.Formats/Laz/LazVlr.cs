using System.Buffers.Binary;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Formats.Laz;

/// <summary>The «laszip encoded» record (22204): how the points are stored.</summary>
internal sealed class LazVlr
{
    /// <summary>User id of the record. It ends at the first zero byte; some writers leave rubbish in the 16th.</summary>
    public const string UserId = "laszip encoded";

    /// <summary>Record id of the record.</summary>
    public const ushort RecordId = 22204;

    /// <summary>The <see cref="ChunkSize"/> of files whose chunks differ in their number of points.</summary>
    public const uint VariableChunkSize = uint.MaxValue;

    /// <summary>Points per chunk of new files, as LASzip writes them.</summary>
    public const uint DefaultChunkSize = 50_000;

    /// <summary>Bytes of records per chunk of new files at most: records of many extra bytes get smaller chunks.</summary>
    private const int MaxChunkBytes = 32 << 20;

    private const int FixedSize = 34;
    private const int ItemSize = 6;

    private LazVlr(LazCompressor compressor, Version version, uint options, uint chunkSize, LazItem[] items)
    {
        Compressor = compressor;
        Version = version;
        Options = options;
        ChunkSize = chunkSize;
        Items = items;
    }

    /// <summary>How points are stored.</summary>
    public LazCompressor Compressor { get; }

    /// <summary>Version of the writing compressor.</summary>
    public Version Version { get; }

    /// <summary>Option bits; bit 0: LAS 1.4 points in the guise of LAS 1.2 points.</summary>
    public uint Options { get; }

    /// <summary>Points per chunk, or <see cref="VariableChunkSize"/>.</summary>
    public uint ChunkSize { get; }

    /// <summary>The parts of a record, in order.</summary>
    public IReadOnlyList<LazItem> Items { get; }

    /// <summary>Bytes of a record: the sum over <see cref="Items"/>.</summary>
    public int RecordLength => Items.Sum(item => item.Size);

    /// <summary>Parses the record.</summary>
    /// <param name="payload">What follows the record's header.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="offset">Byte offset of <paramref name="payload"/> within the file, for messages.</param>
    /// <exception cref="InvalidPointCloudException">The record is too short, or an item has a size that it cannot have.</exception>
    /// <exception cref="UnsupportedPointCloudException">Compressor, coder, item or version is unknown.</exception>
    public static LazVlr Parse(ReadOnlySpan<byte> payload, string path, long offset)
    {
        if (payload.Length < FixedSize)
        {
            throw new InvalidPointCloudException(
                path, offset, $"the laszip record has {payload.Length} bytes, but its fixed part alone takes {FixedSize}.");
        }

        int compressor = BinaryPrimitives.ReadUInt16LittleEndian(payload);
        if (compressor > (int)LazCompressor.LayeredChunked)
        {
            throw new UnsupportedPointCloudException(
                path, offset, $"the laszip record names compressor {compressor}; known are 0 to {(int)LazCompressor.LayeredChunked}.");
        }

        int coder = BinaryPrimitives.ReadUInt16LittleEndian(payload[2..]);
        if (coder != 0)
        {
            throw new UnsupportedPointCloudException(
                path, offset + 2, $"the laszip record names entropy coder {coder}; known is 0, the arithmetic coder.");
        }

        Version version = new(payload[4], payload[5], BinaryPrimitives.ReadUInt16LittleEndian(payload[6..]));
        uint options = BinaryPrimitives.ReadUInt32LittleEndian(payload[8..]);
        uint chunkSize = BinaryPrimitives.ReadUInt32LittleEndian(payload[12..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(payload[32..]);
        if (count == 0 || payload.Length < FixedSize + (count * ItemSize))
        {
            throw new InvalidPointCloudException(
                path, offset + 32,
                $"the laszip record announces {count} items, of {ItemSize} bytes each, in the {payload.Length - FixedSize} bytes that follow.");
        }

        LazItem[] items = new LazItem[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> bytes = payload.Slice(FixedSize + (i * ItemSize), ItemSize);
            items[i] = new LazItem(
                (LazItemType)BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]));
            Check(items[i], (LazCompressor)compressor, path, offset + FixedSize + (i * ItemSize));
        }

        // Zero chunk size means that the table tells each chunk's points, like the size that says so.
        LazVlr vlr = new((LazCompressor)compressor, version, options, chunkSize == 0 ? VariableChunkSize : chunkSize, items);
        CheckOrder(vlr, path, offset + FixedSize);
        return vlr;
    }

    /// <summary>How the points of a new file are stored: in chunks, in the items that LASzip 3.5 writes.</summary>
    /// <param name="pointFormat">0–10.</param>
    /// <param name="extraBytes">Bytes behind each point's own fields.</param>
    /// <param name="chunkSize">Points per chunk, or <see cref="VariableChunkSize"/>; less is chosen where records are long.</param>
    public static LazVlr Create(int pointFormat, int extraBytes, uint chunkSize = DefaultChunkSize)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)pointFormat, 10u, nameof(pointFormat));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)extraBytes, (uint)ushort.MaxValue, nameof(extraBytes));
        ArgumentOutOfRangeException.ThrowIfZero(chunkSize);
        List<LazItem> items = pointFormat < 6 ? [new(LazItemType.Point10, 20, 2)] : [new(LazItemType.Point14, 30, 3)];
        if (pointFormat is 1 or 3 or 4 or 5) items.Add(new(LazItemType.GpsTime11, 8, 2));
        if (pointFormat is 2 or 3 or 5) items.Add(new(LazItemType.Rgb12, 6, 2));
        if (pointFormat is 4 or 5) items.Add(new(LazItemType.WavePacket13, 29, 1));
        if (pointFormat is 7) items.Add(new(LazItemType.Rgb14, 6, 3));
        if (pointFormat is 8 or 10) items.Add(new(LazItemType.RgbNir14, 8, 3));
        if (pointFormat is 9 or 10) items.Add(new(LazItemType.WavePacket14, 29, 3));
        if (extraBytes > 0) items.Add(pointFormat < 6 ? new(LazItemType.Byte, extraBytes, 2) : new(LazItemType.Byte14, extraBytes, 3));
        if (chunkSize != VariableChunkSize) chunkSize = Math.Min(chunkSize, (uint)(MaxChunkBytes / items.Sum(item => item.Size)));
        LazCompressor compressor = pointFormat < 6 ? LazCompressor.PointwiseChunked : LazCompressor.LayeredChunked;
        return new LazVlr(compressor, new Version(3, 5, 0), 0, chunkSize, [.. items]);
    }

    /// <summary>The record's payload, the inverse of <see cref="Parse"/>.</summary>
    public byte[] ToBytes()
    {
        byte[] payload = new byte[FixedSize + (Items.Count * ItemSize)];
        Span<byte> field = payload;
        BinaryPrimitives.WriteUInt16LittleEndian(field, (ushort)Compressor);
        field[4] = (byte)Version.Major;
        field[5] = (byte)Version.Minor;
        BinaryPrimitives.WriteUInt16LittleEndian(field[6..], (ushort)Version.Build);
        BinaryPrimitives.WriteUInt32LittleEndian(field[8..], Options);
        BinaryPrimitives.WriteUInt32LittleEndian(field[12..], ChunkSize);

        // Number and place of «special» records, which no program writes: -1 says that there are none.
        field.Slice(16, 16).Fill(0xFF);
        BinaryPrimitives.WriteUInt16LittleEndian(field[32..], (ushort)Items.Count);
        for (int i = 0; i < Items.Count; i++)
        {
            Span<byte> bytes = field.Slice(FixedSize + (i * ItemSize), ItemSize);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)Items[i].Type);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], (ushort)Items[i].Size);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], (ushort)Items[i].Version);
        }

        return payload;
    }

    /// <summary>The record as it stands in front of the points.</summary>
    public LasVlr ToRecord() => LasVlr.Create(UserId, RecordId, "LASzip compression", ToBytes());

    private static void Check(LazItem item, LazCompressor compressor, string path, long offset)
    {
        (int size, bool layered, int minVersion, int maxVersion) = item.Type switch
        {
            LazItemType.Byte => (0, false, 1, 2),
            LazItemType.Point10 => (20, false, 1, 2),
            LazItemType.GpsTime11 => (8, false, 1, 2),
            LazItemType.Rgb12 => (6, false, 1, 2),
            LazItemType.WavePacket13 => (29, false, 1, 1),
            LazItemType.Point14 => (30, true, 2, 4),
            LazItemType.Rgb14 => (6, true, 2, 4),
            LazItemType.RgbNir14 => (8, true, 2, 4),
            LazItemType.WavePacket14 => (29, true, 3, 4),
            LazItemType.Byte14 => (0, true, 2, 4),
            _ => throw new UnsupportedPointCloudException(
                path, offset, $"the laszip record has an item of type {(int)item.Type} (size {item.Size}, version {item.Version}); known are 0 and 6 to 14."),
        };
        if (size != 0 ? item.Size != size : item.Size == 0)
        {
            throw new InvalidPointCloudException(
                path, offset + 2, $"item {item.Type} has {item.Size} bytes per point; it takes {(size != 0 ? size : "at least 1")}.");
        }

        if (compressor == LazCompressor.None) return;
        if (layered != (compressor == LazCompressor.LayeredChunked))
        {
            throw new UnsupportedPointCloudException(
                path, offset, $"item {item.Type} is not stored by compressor {(int)compressor} ({compressor}) in any known file.");
        }

        if (item.Version < minVersion || item.Version > maxVersion)
        {
            throw new UnsupportedPointCloudException(
                path, offset + 4, $"item {item.Type} has version {item.Version}; known are {minVersion} to {maxVersion}.");
        }
    }

    // Writers put the items in the order of the record; a decoder that took any order would gain no file.
    private static void CheckOrder(LazVlr vlr, string path, long offset)
    {
        if (vlr.Compressor == LazCompressor.None) return;
        int last = -1;
        for (int i = 0; i < vlr.Items.Count; i++)
        {
            int place = vlr.Items[i].Type switch
            {
                LazItemType.Point10 or LazItemType.Point14 => 0,
                LazItemType.GpsTime11 => 1,
                LazItemType.Rgb12 or LazItemType.Rgb14 or LazItemType.RgbNir14 => 2,
                LazItemType.WavePacket13 or LazItemType.WavePacket14 => 3,
                _ => 4,
            };
            if (place <= last || (i == 0 && place != 0))
            {
                throw new UnsupportedPointCloudException(
                    path, offset + (i * ItemSize),
                    $"the laszip record has the items {string.Join(", ", vlr.Items.Select(item => item.Type))}: not in the order of a point record.");
            }

            last = place;
        }
    }
}
