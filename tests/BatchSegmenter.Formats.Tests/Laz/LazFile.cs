using System.Buffers.Binary;
using System.Text;
using BatchSegmenter.Formats.Laz;

namespace BatchSegmenter.Formats.Tests.Laz;

/// <summary>Just enough of a LAS header to get at the points of a LAZ file, so that the decoder is tested by itself.</summary>
internal sealed record LazFile(LazVlr Vlr, long PointDataOffset, long PointCount, int RecordLength)
{
    public static LazFile Parse(Stream stream, string path)
    {
        byte[] header = new byte[375];
        int read = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        Assert.True(read >= 227, $"{path} is no LAS file");
        int headerSize = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(94));
        long points = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(96));
        int vlrs = (int)BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(100));
        int recordLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(105));
        long count = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(107));
        if (header[25] >= 4 && count == 0) count = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(247));

        long offset = headerSize;
        byte[] head = new byte[54];
        for (int i = 0; i < vlrs; i++)
        {
            stream.Position = offset;
            stream.ReadExactly(head);
            byte[] payload = new byte[BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(20))];
            stream.ReadExactly(payload);
            bool isLaz = Encoding.ASCII.GetString(head, 2, 16).Split('\0')[0] == LazVlr.UserId
                && BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(18)) == LazVlr.RecordId;
            if (isLaz) return new LazFile(LazVlr.Parse(payload, path, offset + 54), points, count, recordLength);
            offset += 54 + payload.Length;
        }

        throw new InvalidOperationException($"{path} has no laszip record");
    }

    public LazPointReader Open(Stream stream, string path) => new(stream, path, Vlr, PointDataOffset, PointCount, RecordLength);
}
