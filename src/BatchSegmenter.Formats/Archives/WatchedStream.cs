using System.IO.Hashing;

namespace BatchSegmenter.Formats.Archives;

/// <summary>
/// The bytes of a member while they are decompressed, forward: counted against what the archive declares and what is allowed, their
/// checksum compared at the end, and the decompressor's faults told as those of the archive.
/// </summary>
/// <param name="source">The decompressor, disposed with this.</param>
/// <param name="address">The name that messages give.</param>
/// <param name="limits">What is allowed.</param>
/// <param name="compressed">Bytes that it is decompressed from.</param>
/// <param name="size">Bytes that the archive declares, or null.</param>
/// <param name="crc32">Their CRC-32, or null.</param>
internal sealed class WatchedStream(Stream source, string address, ArchiveLimits limits, long compressed, long? size, uint? crc32) : ReadOnlyStream
{
    private readonly Crc32 _crc = new();
    private long _count;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        int count = Decompress(buffer);
        _count += count;
        if (_count > size)
            throw new InvalidPointCloudException(address, size, $"the member goes on behind the {size} bytes that the archive declares. The archive is corrupt.");
        if (_count > limits.MaxMemberSize)
            throw new UnsupportedPointCloudException(address, _count, $"the member decompresses to more than the {limits.MaxMemberSize} bytes that are allowed.");
        if (_count > limits.RatioFloor && _count > limits.MaxRatio * Math.Max(1, compressed))
            throw new UnsupportedPointCloudException(
                address, _count, $"{compressed} compressed bytes have become {_count}, more than {limits.MaxRatio} for each, as in a decompression bomb.");
        if (crc32 is not null) _crc.Append(buffer[..count]);
        if (count == 0 && _count < size)
            throw new InvalidPointCloudException(address, _count, $"the member ends after {_count} bytes; the archive declares {size}. The archive is corrupt or truncated.");
        bool atEnd = size is null ? count == 0 : _count == size;
        if (atEnd && crc32 is not null && _crc.GetCurrentHashAsUInt32() is var found && found != crc32)
            throw new InvalidPointCloudException(address, _count, $"the member's CRC-32 is {found:X8}; the archive declares {crc32:X8}. The archive is corrupt.");
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) source.Dispose();
        base.Dispose(disposing);
    }

    private int Decompress(Span<byte> buffer)
    {
        try
        {
            return source.Read(buffer);
        }
        catch (Exception fault) when (fault is not (PointCloudException or IOException) || fault is EndOfStreamException)
        {
            throw Corrupt(address, _count, fault);
        }
    }

    /// <summary>A fault of the decompressor, whatever its type: the libraries throw many kinds on damaged input.</summary>
    public static InvalidPointCloudException Corrupt(string address, long? offset, Exception fault) =>
        new(address, offset, $"cannot be decompressed: {fault.Message.TrimEnd('.')}. The archive is corrupt or truncated.", fault);
}
