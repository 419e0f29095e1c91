using BatchSegmenter.Formats.Records;

namespace BatchSegmenter.Formats.Ply;

/// <summary>Reads the vertices of PLY files: ascii and binary in both byte orders, whatever else they hold.</summary>
/// <param name="stream">Seekable; closed with the reader (also where this throws).</param>
/// <param name="path">The name that messages give.</param>
/// <param name="options">How to read; by default <see cref="PointReadOptions.Default"/>.</param>
internal sealed class PlyReader(Stream stream, string path, PointReadOptions? options = null) : RecordCloudReader(stream, path, options, Understand)
{
    private static RecordCloud Understand(Stream stream, string path)
    {
        PlyHeader header = PlyHeader.Read(stream, path);
        List<string> remarks = [];
        PlyElement vertices = FindVertices(header, path, remarks);
        long start = header.Length;
        foreach (PlyElement element in header.Elements.TakeWhile(element => element != vertices)) start = Skip(element, header.Encoding, stream, path, start);
        return header.Encoding == PlyEncoding.Ascii
            ? RecordCloudOf.Ascii("ply", stream, path, start, vertices.Count, vertices.Properties, remarks)
            : RecordCloudOf.Binary("ply", stream, path, start, vertices.Count, vertices.Properties, header.Encoding == PlyEncoding.BinaryBigEndian, remarks);
    }

    private static PlyElement FindVertices(PlyHeader header, string path, List<string> remarks)
    {
        if (header.Elements.FirstOrDefault(element => element.Name == "vertex") is { } vertices)
        {
            return PropertyNames.HasPosition(vertices.Properties)
                ? vertices
                : throw new UnsupportedPointCloudException(path, 0, $"the vertices have no x, y and z, but {Names(vertices)}. The file is no point cloud.");
        }

        PlyElement other = header.Elements.FirstOrDefault(element => PropertyNames.HasPosition(element.Properties))
            ?? throw new UnsupportedPointCloudException(
                path, 0, $"no element is called vertex or has x, y and z; there are {(header.Elements.Count == 0 ? "none" : string.Join(", ", header.Elements.Take(20).Select(element => HeaderLines.Short(element.Name))))}. The file is no point cloud.");
        remarks.Add($"no element is called vertex; the points are those of \"{HeaderLines.Short(other.Name)}\".");
        return other;
    }

    private static string Names(PlyElement element) =>
        element.Properties.Count == 0 ? "nothing" : string.Join(", ", element.Properties.Take(20).Select(property => HeaderLines.Short(property.Name)));

    private static long Skip(PlyElement element, PlyEncoding encoding, Stream stream, string path, long start)
    {
        if (element.Properties.Count == 0 || element.Count == 0) return start;
        if (encoding == PlyEncoding.Ascii)
        {
            AsciiLines lines = new(stream, path);
            lines.Start(start);
            for (long i = 0; i < element.Count; i++)
                if (!lines.TryRead(out _)) throw Truncated(element, stream, path);
            return lines.Position;
        }

        if (element.Size is { } size)
            return element.Count <= Math.Max(0, stream.Length - start) / size ? start + element.Count * size : throw Truncated(element, stream, path);
        ByteCursor cursor = new(stream, path);
        cursor.Start(start);
        for (long i = 0; i < element.Count; i++) ListRecords.ReadRecord(cursor, encoding == PlyEncoding.BinaryBigEndian, element.Properties, [], []);
        return cursor.Position;
    }

    private static InvalidPointCloudException Truncated(PlyElement element, Stream stream, string path) =>
        new(path, stream.Length, $"the file ends after {stream.Length} bytes within the {element.Count} elements \"{HeaderLines.Short(element.Name)}\" that precede the points. It is truncated or its counts are wrong.");
}
