using BatchSegmenter.Formats.Records;

namespace BatchSegmenter.Formats.Ply;

/// <summary>How the numbers of a PLY file are written.</summary>
internal enum PlyEncoding
{
    Ascii,
    BinaryLittleEndian,
    BinaryBigEndian,
}

/// <summary>One kind of thing that a PLY file holds.</summary>
internal sealed record PlyElement(string Name, long Count, List<RecordProperty> Properties)
{
    /// <summary>Bytes of one; null where lists make them differ.</summary>
    public long? Size => Properties.Exists(property => property.ListCount is not null) ? null : Properties.Sum(property => property.Size);
}

/// <summary>The header of a PLY file.</summary>
/// <param name="Encoding">How the numbers are written.</param>
/// <param name="Elements">What the file holds, in file order.</param>
/// <param name="Length">Bytes of the header.</param>
internal sealed record PlyHeader(PlyEncoding Encoding, IReadOnlyList<PlyElement> Elements, int Length)
{
    /// <summary>Reads the header.</summary>
    /// <exception cref="PointCloudException">It breaks the rules.</exception>
    public static PlyHeader Read(Stream stream, string path)
    {
        HeaderLines lines = new(stream, path);
        if (lines.Read() is not "ply") throw new UnknownPointCloudFormatException(path, "the first line is not \"ply\"; a PLY file was expected.");
        PlyEncoding? encoding = null;
        List<PlyElement> elements = [];
        while (true)
        {
            string[] words = lines.ReadWords() ?? throw lines.Fault("the header does not end (\"end_header\"). The file is truncated.");
            switch (words[0])
            {
                case "comment" or "obj_info": break;
                case "format": encoding = ReadEncoding(words, lines); break;
                case "element" when words.Length >= 3: elements.Add(new PlyElement(words[1], lines.Count(words[2], "the number of elements"), [])); break;
                case "property" when words.Length >= 3 && elements.Count > 0: elements[^1].Properties.Add(ReadProperty(words, lines)); break;
                case "property" when words.Length >= 3: throw lines.Fault("a property before the first element.");
                case "end_header":
                    return new PlyHeader(encoding ?? throw lines.Fault("the header has no format line (ascii, binary_little_endian or binary_big_endian)."), elements, lines.Position);
                default:
                    throw lines.Fault($"\"{HeaderLines.Short(string.Join(' ', words))}\" is no line of a PLY header.");
            }
        }
    }

    private static PlyEncoding ReadEncoding(string[] words, HeaderLines lines) => words.ElementAtOrDefault(1) switch
    {
        "ascii" => PlyEncoding.Ascii,
        "binary_little_endian" => PlyEncoding.BinaryLittleEndian,
        "binary_big_endian" => PlyEncoding.BinaryBigEndian,
        var other => throw lines.Fault($"format \"{HeaderLines.Short(other ?? "")}\"; ascii, binary_little_endian and binary_big_endian are known."),
    };

    private static RecordProperty ReadProperty(string[] words, HeaderLines lines)
    {
        if (words[1] != "list") return new RecordProperty(words[2], ReadType(words[1], lines));
        if (words.Length < 5) throw lines.Fault("a list property without the types of its count and values, and its name.");
        ScalarType count = ReadType(words[2], lines);
        if (count.IsFloat() || count.Size() > 4) throw lines.Fault($"a list whose count is of type {words[2]}; a whole number was expected.");
        return new RecordProperty(words[4], ReadType(words[3], lines), 1, count);
    }

    private static ScalarType ReadType(string word, HeaderLines lines) => word switch
    {
        "char" or "int8" => ScalarType.Int8,
        "uchar" or "uint8" => ScalarType.UInt8,
        "short" or "int16" => ScalarType.Int16,
        "ushort" or "uint16" => ScalarType.UInt16,
        "int" or "int32" => ScalarType.Int32,
        "uint" or "uint32" => ScalarType.UInt32,
        "int64" => ScalarType.Int64,
        "uint64" => ScalarType.UInt64,
        "float" or "float32" => ScalarType.Float32,
        "double" or "float64" => ScalarType.Float64,
        _ => throw lines.Fault($"\"{HeaderLines.Short(word)}\" is no type of a PLY property."),
    };
}
