using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.E57;

/// <summary>
/// The content of an E57 file without the checksums: every page ends in the CRC-32C of its other bytes, big-endian. A page is
/// verified when a byte of it is first read, so damage in what nobody reads (images) harms nobody. Some writers store the checksum
/// little-endian; that is let pass.
/// </summary>
internal sealed class E57Pages
{
    private const int ChecksumLength = 4;
    private const int BufferLength = 1 << 16;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly int _pageSize;
    private readonly int _payload;
    private readonly long _pages;
    private readonly byte[] _buffer;
    private readonly bool[] _verified;
    private long _first = -1;
    private int _count;

    public E57Pages(Stream stream, string path, E57Header header)
    {
        _stream = stream;
        _path = path;
        _pageSize = header.PageSize;
        _payload = _pageSize - ChecksumLength;
        _pages = header.PhysicalLength / _pageSize;
        _verified = new bool[Math.Max(1, BufferLength / _pageSize)];
        _buffer = new byte[_verified.Length * _pageSize];
    }

    /// <summary>Bytes of content.</summary>
    public long Length => _pages * _payload;

    /// <summary>Position within the content of the byte at a physical offset; -1 where that is within a checksum or beyond the file.</summary>
    public long ToLogical(ulong physical)
    {
        if (physical >= (ulong)(_pages * _pageSize)) return -1;
        (long page, long within) = Math.DivRem((long)physical, _pageSize);
        return within < _payload ? page * _payload + within : -1;
    }

    /// <summary>Physical offset of a byte of the content.</summary>
    public long ToPhysical(long logical) => logical / _payload * _pageSize + logical % _payload;

    /// <summary>Reads a part of the content, which must lie within <see cref="Length"/>.</summary>
    /// <exception cref="InvalidPointCloudException">The checksum of a page does not match.</exception>
    public void Read(long logical, Span<byte> target)
    {
        while (target.Length > 0)
        {
            (long page, long within) = Math.DivRem(logical, _payload);
            if (_first < 0 || page < _first || page >= _first + _count) Load(page);
            int slot = (int)(page - _first);
            Span<byte> bytes = _buffer.AsSpan(slot * _pageSize, _pageSize);
            if (!_verified[slot]) Verify(page, bytes);
            _verified[slot] = true;
            bytes = bytes[(int)within.._payload];
            if (bytes.Length > target.Length) bytes = bytes[..target.Length];
            bytes.CopyTo(target);
            target = target[bytes.Length..];
            logical += bytes.Length;
        }
    }

    private void Load(long page)
    {
        _first = -1;
        _count = (int)Math.Min(_verified.Length, _pages - page);
        _stream.Position = page * _pageSize;
        int length = _count * _pageSize;
        int found = _stream.ReadAtLeast(_buffer.AsSpan(0, length), length, throwOnEndOfStream: false);
        if (found < length)
            throw new InvalidPointCloudException(_path, page * _pageSize + found, "the file ends here, before its pages do. It is truncated.");
        _verified.AsSpan().Clear();
        _first = page;
    }

    private void Verify(long page, ReadOnlySpan<byte> bytes)
    {
        uint expected = BinaryPrimitives.ReadUInt32BigEndian(bytes[_payload..]), found = Checksum(bytes[.._payload]);
        if (expected != found && BinaryPrimitives.ReverseEndianness(expected) != found)
        {
            throw new InvalidPointCloudException(
                _path, page * _pageSize, $"page {page} has the checksum {found:X8}; {expected:X8} was expected (CRC-32C). The file is damaged.");
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes)) crc = BitOperations.Crc32C(crc, word);
        for (int i = bytes.Length & ~7; i < bytes.Length; i++) crc = BitOperations.Crc32C(crc, bytes[i]);
        return ~crc;
    }
}
