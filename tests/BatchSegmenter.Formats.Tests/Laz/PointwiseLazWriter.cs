using System.Buffers.Binary;
using BatchSegmenter.Formats.Laz;
using BatchSegmenter.Formats.Laz.Coding;
using BatchSegmenter.Formats.Laz.Fields;

namespace BatchSegmenter.Formats.Tests.Laz;

/// <summary>
/// Makes the point data of a small LAZ file: point format 0 (item version 2) of points that differ in x, y and z alone.
/// </summary>
internal static class PointwiseLazWriter
{
    public const int RecordLength = Point10.Size;

    /// <summary>The payload of the laszip record.</summary>
    public static byte[] Vlr(int compressor, uint chunkSize, params (ushort Type, ushort Size, ushort Version)[] items)
    {
        if (items.Length == 0) items = [(6, 20, 2)];
        byte[] payload = new byte[34 + (6 * items.Length)];
        BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)compressor);
        payload[4] = 3;
        payload[5] = 4;
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(12), chunkSize);
        BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(16), -1);
        BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(24), -1);
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(32), (ushort)items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(34 + (6 * i)), items[i].Type);
            BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(36 + (6 * i)), items[i].Size);
            BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(38 + (6 * i)), items[i].Version);
        }

        return payload;
    }

    /// <summary>Records of points on a rough slope.</summary>
    public static byte[] Records(int count)
    {
        Random random = new(count);
        byte[] records = new byte[count * RecordLength];
        for (int i = 0; i < count; i++)
        {
            Span<byte> record = records.AsSpan(i * RecordLength, RecordLength);
            BinaryPrimitives.WriteInt32LittleEndian(record, (i * 50) + random.Next(-20, 20));
            BinaryPrimitives.WriteInt32LittleEndian(record[4..], (i * 20) + random.Next(-2000, 2000));
            BinaryPrimitives.WriteInt32LittleEndian(record[8..], 100_000 + random.Next(100));
            record[14] = 0b001_001;
            record[15] = 2;
        }

        return records;
    }

    /// <summary>A chunk: the first record as it is, then one stream for the rest.</summary>
    public static byte[] Chunk(ReadOnlySpan<byte> records)
    {
        ArithmeticEncoder encoder = new();
        SymbolModel changed = new(64);
        IntegerCompressor dx = new(encoder, 32, 2);
        IntegerCompressor dy = new(encoder, 32, 22);
        IntegerCompressor z = new(encoder, 32, 20);
        StreamingMedian dxs = default;
        StreamingMedian dys = default;
        int lastZ = 0;
        for (int i = RecordLength; i < records.Length; i += RecordLength)
        {
            int x = Int(records, i) - Int(records, i - RecordLength);
            int y = Int(records, i + 4) - Int(records, i + 4 - RecordLength);
            encoder.Symbol(changed, 0);
            dx.Encode(dxs.Value, x, 1);
            dxs.Add(x);
            dy.Encode(dys.Value, y, 1 + Math.Min(dx.LastBits & ~1, 20));
            dys.Add(y);
            z.Encode(lastZ, Int(records, i + 8), 1 + Math.Min(((dx.LastBits + dy.LastBits) / 2) & ~1, 18));
            lastZ = Int(records, i + 8);
        }

        encoder.End();
        return [.. records[..RecordLength], .. encoder.Bytes];
    }

    /// <summary>The table of chunks; of points too where they are given.</summary>
    public static byte[] Table(IReadOnlyList<int> lengths, IReadOnlyList<int>? points = null)
    {
        byte[] head = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), lengths.Count);
        ArithmeticEncoder encoder = new();
        IntegerCompressor integers = new(encoder, 32, 2);
        for (int i = 0; i < lengths.Count; i++)
        {
            if (points is not null) integers.Encode(i == 0 ? 0 : points[i - 1], points[i], 0);
            integers.Encode(i == 0 ? 0 : lengths[i - 1], lengths[i], 1);
        }

        encoder.End();
        return [.. head, .. encoder.Bytes];
    }

    /// <summary>Point data: the table's offset, chunks of the given numbers of points, the table.</summary>
    public static byte[] PointData(byte[] records, IReadOnlyList<int> chunks, bool variable = false)
    {
        List<byte[]> parts = [];
        int first = 0;
        foreach (int points in chunks)
        {
            parts.Add(Chunk(records.AsSpan(first * RecordLength, points * RecordLength)));
            first += points;
        }

        int[] lengths = [.. parts.Select(part => part.Length)];
        byte[] offset = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(offset, 8 + lengths.Sum());
        return [.. offset, .. parts.SelectMany(part => part), .. Table(lengths, variable ? chunks : null)];
    }

    private static int Int(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);
}
