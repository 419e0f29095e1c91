using System.Buffers.Binary;
using BatchSegmenter.Formats.Records;

namespace BatchSegmenter.Formats.Pcd;

/// <summary>
/// Reads PCD files, versions .5 to .7: ascii, binary and binary_compressed. The last kind is stored column by column and compressed as one
/// block, so that it is decompressed whole when it is opened; the others are read in constant memory.
/// </summary>
/// <param name="stream">Seekable; closed with the reader (also where this throws).</param>
/// <param name="path">The name that messages give.</param>
/// <param name="options">How to read; by default <see cref="PointReadOptions.Default"/>.</param>
internal sealed class PcdReader(Stream stream, string path, PointReadOptions? options = null) : RecordCloudReader(stream, path, options, Understand)
{
    private static RecordCloud Understand(Stream stream, string path)
    {
        PcdHeader header = PcdHeader.Read(stream, path);
        if (!PropertyNames.HasPosition(header.Fields))
        {
            string names = string.Join(", ", header.Fields.Take(20).Select(field => HeaderLines.Short(field.Name)));
            throw new UnsupportedPointCloudException(path, 0, $"the points have no x, y and z, but {(names.Length == 0 ? "nothing" : names)}. The file is no cloud of positions.");
        }

        return header.Encoding switch
        {
            PcdEncoding.Ascii => RecordCloudOf.Ascii("pcd", stream, path, header.Length, header.Points, header.Fields, header.Remarks),
            PcdEncoding.Binary => RecordCloudOf.Binary("pcd", stream, path, header.Length, header.Points, header.Fields, false, header.Remarks),
            _ => RecordCloudOf.Columns("pcd", Decompress(stream, path, header), path, 0, header.Points, header.Fields, false, header.Remarks),
        };
    }

    private static MemoryStream Decompress(Stream stream, string path, PcdHeader header)
    {
        Span<byte> sizes = stackalloc byte[8];
        sizes.Clear();
        stream.Position = header.Length;
        if (stream.ReadAtLeast(sizes, 8, throwOnEndOfStream: false) < 8 && header.Points > 0)
            throw new InvalidPointCloudException(path, stream.Length, "the file ends before the sizes of its compressed points. It is truncated.");
        uint compressed = BinaryPrimitives.ReadUInt32LittleEndian(sizes), uncompressed = BinaryPrimitives.ReadUInt32LittleEndian(sizes[4..]);
        UInt128 expected = (UInt128)(ulong)header.Points * (ulong)header.Fields.Sum(field => field.Size);
        if (expected != uncompressed)
        {
            throw new InvalidPointCloudException(
                path, header.Length + 4, $"the compressed points are stated to be {uncompressed} bytes; {header.Points} points of the fields in the header are {expected}. The header is corrupt.");
        }

        long start = header.Length + 8;
        if (compressed > stream.Length - start)
        {
            throw new InvalidPointCloudException(
                path, stream.Length, $"the file ends after {stream.Length} bytes; its compressed points are {compressed} bytes from byte {start}. It is truncated.");
        }

        if (uncompressed > (ulong)compressed * LzfDecoder.MaxExpansion)
            throw new InvalidPointCloudException(path, header.Length, $"{compressed} compressed bytes cannot hold {uncompressed}. The header is corrupt.");
        if (uncompressed > Array.MaxLength)
            throw new UnsupportedPointCloudException(path, header.Length, $"{uncompressed} bytes of points compressed as one block; up to {Array.MaxLength} are read. Store them as binary.");
        byte[] points = new byte[uncompressed];
        new LzfDecoder(stream, path).Decode(start, compressed, points);
        return new MemoryStream(points, writable: false);
    }
}
