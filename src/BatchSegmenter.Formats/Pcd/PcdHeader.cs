using System.Globalization;
using BatchSegmenter.Formats.Records;

namespace BatchSegmenter.Formats.Pcd;

/// <summary>How the points of a PCD file are stored.</summary>
internal enum PcdEncoding
{
    Ascii,
    Binary,
    BinaryCompressed,
}

/// <summary>The header of a PCD file.</summary>
/// <param name="Encoding">How the points are stored.</param>
/// <param name="Fields">What a point has, in order.</param>
/// <param name="Points">Records that are promised.</param>
/// <param name="Length">Bytes of the header.</param>
/// <param name="Remarks">What the user should know.</param>
internal sealed record PcdHeader(PcdEncoding Encoding, IReadOnlyList<RecordProperty> Fields, long Points, int Length, List<string> Remarks)
{
    /// <summary>Reads the header.</summary>
    /// <exception cref="PointCloudException">It breaks the rules.</exception>
    public static PcdHeader Read(Stream stream, string path)
    {
        HeaderLines lines = new(stream, path);
        string[]? fields = null, sizes = null, types = null, counts = null;
        long? points = null;
        long width = 0, height = 1;
        List<string> remarks = [];
        while (true)
        {
            string[] words = lines.ReadWords() ?? throw lines.Fault("the header does not end (\"DATA\"). The file is truncated, or no PCD file.");
            string[] values = words[1..];
            switch (words[0].ToUpperInvariant())
            {
                case var comment when comment.StartsWith('#'): break;
                case "VERSION": break;
                case "FIELDS" or "COLUMNS": fields = values; break;
                case "SIZE": sizes = values; break;
                case "TYPE": types = values; break;
                case "COUNT": counts = values; break;
                case "WIDTH" when values.Length == 1: width = lines.Count(values[0], "the width"); break;
                case "HEIGHT" when values.Length == 1: height = lines.Count(values[0], "the height"); break;
                case "POINTS" when values.Length == 1: points = lines.Count(values[0], "the number of points"); break;
                case "VIEWPOINT": CheckViewpoint(values, remarks); break;
                case "DATA":
                    RecordProperty[] properties = Properties(fields, sizes, types, counts, lines);
                    UInt128 product = (UInt128)(ulong)width * (ulong)height;
                    if (product > long.MaxValue) throw lines.Fault($"width {width} and height {height} are of no cloud. The header is corrupt.");
                    if (points is { } stated && stated != (long)product && width > 0)
                        remarks.Add($"the header states {stated} points, but width {width} times height {height}; {stated} are read.");
                    return new PcdHeader(ReadEncoding(values, lines), properties, points ?? (long)product, lines.Position, remarks);
                default:
                    throw lines.Fault($"\"{HeaderLines.Short(string.Join(' ', words))}\" is no line of a PCD header.");
            }
        }
    }

    private static PcdEncoding ReadEncoding(string[] values, HeaderLines lines) => values.ElementAtOrDefault(0)?.ToLowerInvariant() switch
    {
        "ascii" => PcdEncoding.Ascii,
        "binary" => PcdEncoding.Binary,
        "binary_compressed" => PcdEncoding.BinaryCompressed,
        var other => throw lines.Fault($"DATA \"{HeaderLines.Short(other ?? "")}\"; ascii, binary and binary_compressed are known."),
    };

    private static RecordProperty[] Properties(string[]? fields, string[]? sizes, string[]? types, string[]? counts, HeaderLines lines)
    {
        if (fields is null) throw lines.Fault("the header has no FIELDS line.");
        foreach ((string line, string[]? values) in new[] { ("SIZE", sizes), ("TYPE", types), ("COUNT", counts) })
            if (values is not null && values.Length != fields.Length)
                throw lines.Fault($"FIELDS names {fields.Length} fields, but {line} has {values.Length} values. The header is corrupt.");
        RecordProperty[] properties = new RecordProperty[fields.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            long count = counts is null ? 1 : lines.Count(counts[i], "the COUNT of a field");
            if (count is < 1 or > int.MaxValue) throw lines.Fault($"field {HeaderLines.Short(fields[i])} has a COUNT of {count}.");
            properties[i] = new RecordProperty(fields[i], TypeOf(types?[i] ?? "F", sizes?[i] ?? "4", lines), (int)count);
        }

        return properties;
    }

    private static ScalarType TypeOf(string type, string size, HeaderLines lines) => (type.ToUpperInvariant() + size) switch
    {
        "I1" => ScalarType.Int8,
        "U1" => ScalarType.UInt8,
        "I2" => ScalarType.Int16,
        "U2" => ScalarType.UInt16,
        "I4" => ScalarType.Int32,
        "U4" => ScalarType.UInt32,
        "I8" => ScalarType.Int64,
        "U8" => ScalarType.UInt64,
        "F4" => ScalarType.Float32,
        "F8" => ScalarType.Float64,
        _ => throw lines.Fault($"a field of TYPE {HeaderLines.Short(type)} and SIZE {HeaderLines.Short(size)}; I and U of 1, 2, 4 or 8 bytes and F of 4 or 8 are known."),
    };

    // The viewpoint says where the scanner stood, not that points were to be moved.
    private static void CheckViewpoint(string[] values, List<string> remarks)
    {
        double[] identity = [0, 0, 0, 1, 0, 0, 0];
        bool isIdentity = values.Length == 7;
        for (int i = 0; i < 7 && isIdentity; i++)
            isIdentity = double.TryParse(values[i], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value == identity[i];
        if (!isIdentity) remarks.Add($"the scanner's viewpoint is {HeaderLines.Short(string.Join(' ', values))}; the points are given as stored, not moved by it.");
    }
}
