using System.Buffers.Binary;
using System.Text;
using BatchSegmenter.Formats.Records;

namespace BatchSegmenter.Formats.Npy;

/// <summary>The header of an NPY file: a Python dictionary of the array's type, order and shape.</summary>
/// <param name="Fields">The one unnamed value type, or the named fields of a structured type.</param>
/// <param name="IsStructured">Whether the fields have names.</param>
/// <param name="IsBigEndian">Byte order.</param>
/// <param name="IsFortranOrder">Whether values of a column stand together instead of those of a row.</param>
/// <param name="Shape">Lengths of the axes.</param>
/// <param name="Length">Bytes of the header.</param>
internal sealed record NpyHeader(IReadOnlyList<RecordProperty> Fields, bool IsStructured, bool IsBigEndian, bool IsFortranOrder, long[] Shape, long Length)
{
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads the header.</summary>
    /// <exception cref="PointCloudException">It breaks the rules, or the array is of a kind that is not read.</exception>
    public static NpyHeader Read(Stream stream, string path)
    {
        stream.Position = 0;
        Span<byte> start = stackalloc byte[12];
        start = start[..stream.ReadAtLeast(start, 12, throwOnEndOfStream: false)];
        if (start.Length < 10) throw new InvalidPointCloudException(path, start.Length, "the file ends within the NPY header. It is truncated.");
        if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8)) throw new UnknownPointCloudFormatException(path, "the file does not begin as NPY; an NPY file was expected.");
        if (start[6] is < 1 or > 3) throw new UnsupportedPointCloudException(path, 6, $"version {start[6]} of the NPY format; 1 to 3 are read.");
        int first = start[6] == 1 ? 10 : 12;
        if (start.Length < first) throw new InvalidPointCloudException(path, start.Length, "the file ends within the NPY header. It is truncated.");
        uint length = start[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > stream.Length - first || length > MaxBytes)
            throw new InvalidPointCloudException(path, 8, $"a header of {length} bytes; the file has {stream.Length}. The file is truncated or damaged.");
        byte[] text = new byte[length];
        stream.Position = first;
        stream.ReadExactly(text);
        PythonLiteral literal = new(Encoding.Latin1.GetString(text), path, first);
        if (literal.Read() is not Dictionary<string, object> entries) throw literal.Fault("no dictionary");
        bool isFortran = entries.GetValueOrDefault("fortran_order") as bool? ?? throw literal.Fault("no fortran_order that is True or False");
        List<object> lengths = entries.GetValueOrDefault("shape") as List<object> ?? throw literal.Fault("no shape that is a tuple");
        long[] shape = [.. lengths.Select(item => item is long and >= 0 ? (long)item : throw literal.Fault("a shape that is not of whole numbers"))];
        NpyType type = new(literal);
        return entries.GetValueOrDefault("descr") switch
        {
            string single => new NpyHeader([type.Value("", single)], false, type.IsBigEndian, isFortran, shape, first + length),
            List<object> fields => new NpyHeader(type.Fields(fields), true, type.IsBigEndian, isFortran, shape, first + length),
            _ => throw literal.Fault("no descr that is a type or a list of fields"),
        };
    }
}
