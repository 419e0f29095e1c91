using System.Buffers.Binary;

namespace BatchSegmenter.Formats.E57;

/// <summary>
/// The records of a scan: a compressed vector, whose packets hold a piece of every field's bytestream. Only the streams that are
/// asked for are kept. The pieces of one packet need not hold the same number of values.
/// </summary>
internal sealed class E57Records
{
    private const int SectionHeaderLength = 32;
    private const int CompressedVectorSection = 1;
    private const int IndexPacket = 0, DataPacket = 1, IgnoredPacket = 2;

    /// <summary>How far streams may run apart: far beyond any real writer, and little memory.</summary>
    private const int MaxWaiting = 16 << 20;

    private readonly E57Pages _pages;
    private readonly E57Scan _scan;
    private readonly string _path;
    private readonly E57ByteStream?[] _streams;
    private readonly byte[] _packet = new byte[1 << 16];
    private readonly long _end;
    private long _next;

    public E57Records(E57Pages pages, E57Scan scan, string path, Func<E57Field, bool> wanted)
    {
        _pages = pages;
        _scan = scan;
        _path = path;
        _streams = [.. scan.Fields.Select(field => wanted(field) ? new E57ByteStream(field) : null)];
        Remaining = scan.Records;
        (_next, _end) = FindPackets();
    }

    /// <summary>Records not yet passed.</summary>
    public long Remaining { get; private set; }

    /// <summary>Physical offset of the packet that is read next.</summary>
    public long Offset => _pages.ToPhysical(Math.Min(_next, _pages.Length - 1));

    /// <summary>The stream of a field, or null where the scan lacks it.</summary>
    public E57ByteStream? this[string name]
    {
        get
        {
            E57Field? field = _scan.Find(name);
            return field is null ? null : _streams.FirstOrDefault(stream => ReferenceEquals(stream?.Field, field));
        }
    }

    /// <summary>
    /// Reads packets until every stream has a value. The caller then takes (or skips) the returned number of values of every stream
    /// that it asked for.
    /// </summary>
    /// <returns>Records that can be taken, at most <paramref name="max"/>; 0 only at the end.</returns>
    public int Next(int max)
    {
        if (Remaining == 0 || max == 0) return 0;
        long available;
        while ((available = Available()) == 0) ReadPacket();
        int count = (int)Math.Min(Math.Min(available, Remaining), max);
        Remaining -= count;
        return count;
    }

    private long Available()
    {
        long available = long.MaxValue;
        foreach (E57ByteStream? stream in _streams)
            if (stream is not null) available = Math.Min(available, stream.Available);
        return available;
    }

    private (long Start, long End) FindPackets()
    {
        long section = _pages.ToLogical(_scan.Section);
        if (section < 0 || section > _pages.Length - SectionHeaderLength)
            throw new InvalidPointCloudException(_path, null, $"the records of scan {_scan.Number} are said to be at byte {_scan.Section}, which is beyond the file or within a checksum.");
        Span<byte> header = stackalloc byte[SectionHeaderLength];
        _pages.Read(section, header);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]), data = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
        if (header[0] != CompressedVectorSection)
            throw Invalid(section, $"a section of type {header[0]} where the records of scan {_scan.Number} should be; type {CompressedVectorSection} was expected");
        if (length < SectionHeaderLength || length > (ulong)(_pages.Length - section))
            throw Invalid(section, $"the section has {length} bytes; the file has {_pages.Length - section} from here on");
        long start = _pages.ToLogical(data), end = section + (long)length;
        if (start < section + SectionHeaderLength || start > end)
            throw Invalid(section, $"the packets are said to start at byte {data}, outside the section");

        // A record of no bits at all costs a file nothing; one bit each is as good a bound as any.
        int bits = Math.Max(1, _scan.Fields.Sum(field => Math.Max(0, field.Bits)));
        if (_scan.Records > 8 * (end - start) / bits)
            throw Invalid(section, $"{end - start} bytes of packets cannot hold {_scan.Records} records of {bits} bits. The file is truncated or its count wrong");
        return (start, end);
    }

    private void ReadPacket()
    {
        if (_next > _end - 4) throw Invalid(_next, $"the packets of scan {_scan.Number} end {Remaining} records before the {_scan.Records} that it promises");
        _pages.Read(_next, _packet.AsSpan(0, 4));
        int type = _packet[0], length = BinaryPrimitives.ReadUInt16LittleEndian(_packet.AsSpan(2)) + 1;
        if (type is not (IndexPacket or DataPacket or IgnoredPacket)) throw Invalid(_next, $"a packet of type {type}; 0, 1 and 2 are known");
        if (length < 4 || length > _end - _next) throw Invalid(_next, $"a packet of {length} bytes; the section ends {_end - _next} bytes from here");
        if (type == DataPacket)
        {
            Span<byte> packet = _packet.AsSpan(0, length);
            _pages.Read(_next, packet);
            Distribute(packet);
        }

        _next += length;
    }

    private void Distribute(ReadOnlySpan<byte> packet)
    {
        int at = 6 + 2 * _streams.Length;
        int count = packet.Length < 6 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(packet[4..]);
        if (count != _streams.Length || at > packet.Length)
            throw Invalid(_next, $"a packet of {packet.Length} bytes with {count} bytestreams; the records have {_streams.Length} fields");
        for (int i = 0; i < count; i++)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(packet[(6 + 2 * i)..]);
            if (length > packet.Length - at) throw Invalid(_next, $"bytestream {i} has {length} bytes in the packet, of which {packet.Length - at} are left");
            if (_streams[i] is { } stream)
            {
                stream.Append(packet.Slice(at, length));
                if (stream.Waiting > MaxWaiting)
                    throw new UnsupportedPointCloudException(_path, Offset, $"the bytestreams of scan {_scan.Number} run apart by more than {MaxWaiting} bytes.");
            }

            at += length;
        }
    }

    private InvalidPointCloudException Invalid(long logical, string problem) =>
        new(_path, _pages.ToPhysical(Math.Min(logical, _pages.Length - 1)), $"{problem}.");
}
