using System.Text;

namespace BatchSegmenter.Formats;

/// <summary>Tells the format of a point cloud by its first bytes, whatever its name says.</summary>
public static class PointFormatDetector
{
    private const int LasPointFormatOffset = 104;

    /// <summary>The format's short name: <c>las</c> or <c>laz</c>.</summary>
    /// <param name="stream">A seekable stream; it is left at position 0.</param>
    /// <param name="path">The name that messages give.</param>
    /// <exception cref="UnknownPointCloudFormatException">The content is of no format that can be read; the message says what it looks like.</exception>
    public static string Detect(Stream stream, string path)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> start = stackalloc byte[256];
        stream.Position = 0;
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        stream.Position = 0;
        if (start.StartsWith("LASF"u8))
            return start.Length > LasPointFormatOffset && (start[LasPointFormatOffset] & 0xC0) != 0 ? "laz" : "las";
        throw new UnknownPointCloudFormatException(path, $"{Describe(start)}. LAS and LAZ files are read; they begin with \"LASF\".");
    }

    private static string Describe(ReadOnlySpan<byte> start)
    {
        if (start.IsEmpty) return "the file is empty";
        if (start.IndexOfAnyExcept((byte)0) < 0) return "the file begins with zeros; its transfer may have been cut off";
        if (start.StartsWith("ASTM-E57"u8)) return "an E57 file, which is not readable yet";
        if (start.StartsWith("ply\n"u8) || start.StartsWith("ply\r"u8)) return "a PLY file, which is not readable yet";
        if (start.StartsWith("# .PCD"u8) || start.StartsWith("VERSION"u8)) return "a PCD file, which is not readable yet";
        if (start.StartsWith("PAR1"u8)) return "a Parquet file, not a point cloud";
        if (start.StartsWith("PK\u0003\u0004"u8)) return "a ZIP archive, which is not readable yet";
        if (start.StartsWith(stackalloc byte[] { 0x1F, 0x8B })) return "a gzip archive, which is not readable yet";
        if (start.StartsWith("version https://git-lfs"u8)) return "a Git LFS pointer instead of the file itself";

        bool isText = start.IndexOfAnyInRange((byte)0, (byte)8) < 0;
        string text = Encoding.Latin1.GetString(start).TrimStart();
        if (isText && (text.StartsWith("~V", StringComparison.OrdinalIgnoreCase) || text.Contains("\n~V", StringComparison.OrdinalIgnoreCase)))
            return "a well-log LAS file (Log ASCII Standard, ~Version), which shares only its extension with LAS point clouds";
        if (isText && (text.StartsWith("<html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase)))
            return "an HTML page, perhaps an error message saved in place of the file";
        return isText
            ? $"a text file that begins with \"{Printable(text)}\"; text clouds are not readable yet"
            : $"the first bytes are {Convert.ToHexString(start[..Math.Min(4, start.Length)])}, of no known format";
    }

    private static string Printable(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        string line = end < 0 ? text : text[..end];
        return (line.Length > 24 ? line[..24] + "…" : line).Replace('\t', ' ');
    }
}
