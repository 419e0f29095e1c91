using System.Text;
using BatchSegmenter.Formats.Archives;

namespace BatchSegmenter.Formats;

/// <summary>Tells the format of a point cloud, or of an archive of them, by its first bytes, whatever its name says.</summary>
public static class PointFormatDetector
{
    private const int LasPointFormatOffset = 104;
    private const int StartLength = TarHeader.Length;

    /// <summary>
    /// The format's short name: <c>las</c>, <c>laz</c>, <c>e57</c>, <c>ply</c>, <c>pcd</c>, <c>npy</c>, <c>parquet</c>, <c>text</c>, or that of
    /// an archive: <c>zip</c>, <c>gz</c>, <c>tar</c>, <c>7z</c>. A text is told from other texts by its reader.
    /// </summary>
    /// <param name="stream">A seekable stream; it is left at position 0.</param>
    /// <param name="path">The name that messages give.</param>
    /// <exception cref="UnknownPointCloudFormatException">The content is of no format that can be read; the message says what it looks like.</exception>
    public static string Detect(Stream stream, string path)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ReadOnlySpan<byte> start = Start(stream, stackalloc byte[StartLength]);
        return Find(start) ?? throw new UnknownPointCloudFormatException(
            path, $"{Describe(start)}. LAS, LAZ, E57, PLY, PCD, NPY, Parquet and text with columns of numbers are read, and archives of them.");
    }

    /// <summary>As <see cref="Detect"/>, but null where the content is of no known format.</summary>
    internal static string? Find(Stream stream) => Find(Start(stream, stackalloc byte[StartLength]));

    private static ReadOnlySpan<byte> Start(Stream stream, Span<byte> start)
    {
        stream.Position = 0;
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        stream.Position = 0;
        return start;
    }

    /// <summary>What to say of a file whose name promises another format than its content has; null where they agree, or the name promises none.</summary>
    internal static string? Disagreement(string path, string format)
    {
        string extension = Path.GetExtension(path).ToLowerInvariant();
        string? promised = extension switch
        {
            ".las" or ".laz" => "las",
            ".e57" or ".ply" or ".pcd" or ".npy" or ".parquet" => extension[1..],
            ".xyz" or ".csv" or ".txt" or ".pts" or ".ptx" or ".asc" => "text",
            _ => null,
        };
        string found = format switch { "laz" or "copc" => "las", "pts" or "ptx" or "csv" or "xyz" => "text", _ => format };
        return promised is null || promised == found ? null : $"the name ends in {extension}, but the content is {format.ToUpperInvariant()}, and read as that";
    }

    private static string? Find(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("LASF"u8))
            return start.Length > LasPointFormatOffset && (start[LasPointFormatOffset] & 0xC0) != 0 ? "laz" : "las";
        if (start.StartsWith("ASTM-E57"u8)) return "e57";
        if (start.StartsWith("ply\n"u8) || start.StartsWith("ply\r"u8)) return "ply";
        if (start.StartsWith("# .PCD"u8) || start.StartsWith("VERSION"u8)) return "pcd";
        if (start.Length > 6 && start[0] == 0x93 && start[1..].StartsWith("NUMPY"u8)) return "npy";
        if (start.StartsWith("PAR1"u8)) return "parquet";
        if (start.StartsWith("PK\u0003\u0004"u8) || start.StartsWith("PK\u0005\u0006"u8)) return "zip";
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B])) return "gz";
        if (start.StartsWith((ReadOnlySpan<byte>)[(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C])) return "7z";
        if (TarHeader.IsHeader(start)) return "tar";
        return DescribeText(start) is null && IsText(start) && start.IndexOfAnyInRange((byte)'0', (byte)'9') >= 0 ? "text" : null;
    }

    private static string Describe(ReadOnlySpan<byte> start)
    {
        if (start.IsEmpty) return "the file is empty";
        if (start.IndexOfAnyExcept((byte)0) < 0) return "the file begins with zeros; its transfer may have been cut off";
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            return "a text in UTF-16; save it as UTF-8 or ASCII";
        if (DescribeText(start) is { } text) return text;
        return IsText(start)
            ? $"a text file that begins with \"{Printable(Encoding.Latin1.GetString(start).TrimStart())}\" and has no columns of numbers"
            : $"the first bytes are {Convert.ToHexString(start[..Math.Min(4, start.Length)])}, of no known format";
    }

    private static string? DescribeText(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version https://git-lfs"u8)) return "a Git LFS pointer instead of the file itself";
        if (!IsText(start)) return null;
        string text = Encoding.Latin1.GetString(start).TrimStart();
        if (text.StartsWith("~V", StringComparison.OrdinalIgnoreCase) || text.Contains("\n~V", StringComparison.OrdinalIgnoreCase))
            return "a well-log LAS file (Log ASCII Standard, ~Version), which shares only its extension with LAS point clouds";
        if (text.StartsWith("<html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase))
            return "an HTML page, perhaps an error message saved in place of the file";
        if (text.StartsWith('<')) return "an XML document, not a point cloud";
        return text.StartsWith('{') ? "a JSON document, not a point cloud" : null;
    }

    private static bool IsText(ReadOnlySpan<byte> start) => start.IndexOfAnyInRange((byte)0, (byte)8) < 0;

    private static string Printable(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        string line = end < 0 ? text : text[..end];
        return (line.Length > 24 ? line[..24] + "…" : line).Replace('\t', ' ');
    }
}
