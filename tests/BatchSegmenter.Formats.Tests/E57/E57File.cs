using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace BatchSegmenter.Formats.Tests.E57;

/// <summary>Makes E57 files by hand: sections first, then the XML, then pages with their checksums.</summary>
internal sealed class E57File
{
    private const int PageSize = 1024, Payload = 1020;
    private readonly List<byte> _content = [.. new byte[48]];
    private readonly StringBuilder _scans = new();

    /// <summary>Text within the root element, in front of the scans.</summary>
    public string Root { get; set; } = "";

    public static long Physical(long logical) => logical / Payload * PageSize + logical % Payload;

    /// <summary>Adds a scan whose packets hold the given bytestreams, one array of streams per packet.</summary>
    public E57File Scan(long records, string prototype, string more, params byte[][][] packets)
    {
        while (_content.Count % 4 != 0) _content.Add(0);
        int section = _content.Count;
        List<byte> data = [];
        foreach (byte[][] streams in packets) data.AddRange(Packet(streams));
        _content.AddRange(Number(1));
        _content.AddRange(Number(32 + data.Count));
        _content.AddRange(Number(Physical(section + 32)));
        _content.AddRange(Number(0));
        _content.AddRange(data);
        _scans.Append(CultureInfo.InvariantCulture,
            $"<vectorChild type=\"Structure\">{more}<points type=\"CompressedVector\" fileOffset=\"{Physical(section)}\" recordCount=\"{records}\"><prototype type=\"Structure\">{prototype}</prototype></points></vectorChild>");
        return this;
    }

    public static byte[] Packet(params byte[][] streams)
    {
        List<byte> packet = [1, 0, 0, 0, (byte)streams.Length, 0];
        foreach (byte[] stream in streams) packet.AddRange([(byte)stream.Length, (byte)(stream.Length >> 8)]);
        foreach (byte[] stream in streams) packet.AddRange(stream);
        while (packet.Count % 4 != 0) packet.Add(0);
        packet[2] = (byte)(packet.Count - 1);
        packet[3] = (byte)((packet.Count - 1) >> 8);
        return [.. packet];
    }

    public byte[] ToBytes()
    {
        List<byte> content = [.. _content];
        string xml = $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><e57Root type=\"Structure\" xmlns=\"http://www.astm.org/COMMIT/E57/2010-e57-v1.0\" xmlns:x=\"http://example.org/x\">{Root}<data3D type=\"Vector\">{_scans}</data3D></e57Root>";
        byte[] text = Encoding.UTF8.GetBytes(xml);
        long start = content.Count;
        content.AddRange(text);
        while (content.Count % Payload != 0) content.Add(0);
        byte[] header = [.. "ASTM-E57"u8, 1, 0, 0, 0, 0, 0, 0, 0, .. Number(content.Count / Payload * PageSize), .. Number(Physical(start)), .. Number(text.Length), .. Number(PageSize)];
        byte[] logical = [.. header, .. content.Skip(48)];
        byte[] file = new byte[logical.Length / Payload * PageSize];
        for (int page = 0; page < logical.Length / Payload; page++)
        {
            Span<byte> target = file.AsSpan(page * PageSize, PageSize);
            logical.AsSpan(page * Payload, Payload).CopyTo(target);
            BinaryPrimitives.WriteUInt32BigEndian(target[Payload..], Checksum(target[..Payload]));
        }

        return file;
    }

    /// <summary>CRC-32C, bit by bit.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return ~crc;
    }

    public static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    public static byte[] Doubles(params double[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    /// <summary>Values of a few bits each, the first in the least significant ones.</summary>
    public static byte[] Bits(int bits, params ulong[] values)
    {
        byte[] bytes = new byte[(bits * values.Length + 7) / 8];
        for (int i = 0; i < values.Length; i++)
            for (int bit = 0; bit < bits; bit++)
                if ((values[i] >> bit & 1) != 0) bytes[(i * bits + bit) / 8] |= (byte)(1 << (i * bits + bit) % 8);
        return bytes;
    }

    private static byte[] Number(long value) => BitConverter.GetBytes(value);
}
