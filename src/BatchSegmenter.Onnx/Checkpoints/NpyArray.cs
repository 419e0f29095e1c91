using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;

namespace BatchSegmenter.Onnx.Checkpoints;

/// <summary>An array of an <c>.npy</c> file: little-endian float32 or float64 (rounded to float32) in C order; nothing else is read.</summary>
/// <param name="Shape">Lengths of the axes.</param>
/// <param name="Values">The last axis fastest.</param>
internal sealed partial record NpyArray(IReadOnlyList<int> Shape, float[] Values)
{
    private const int LongestHeader = 1 << 16;
    private const long MostValues = 1L << 28;

    /// <summary>Reads one array, which must end where its stream ends.</summary>
    /// <param name="stream">At the array's first byte; need not seek.</param>
    /// <param name="length">Bytes from there to the end.</param>
    /// <exception cref="InvalidDataException">Says what is wrong with it.</exception>
    public static NpyArray Read(Stream stream, long length)
    {
        (string type, IReadOnlyList<int> shape, int start) = ReadHeader(stream, length);
        int width = type == "<f8" ? sizeof(double) : sizeof(float);
        long count = 1;
        foreach (int extent in shape)
        {
            count *= extent;
            if (count > MostValues) throw new InvalidDataException($"its shape [{string.Join(", ", shape)}] holds more than {MostValues} values");
        }
        if (length - start != count * width)
            throw new InvalidDataException($"its shape [{string.Join(", ", shape)}] wants {count * width} bytes behind the header; there are {length - start}");

        float[] values = new float[count];
        byte[] bytes = new byte[64 * 1024];
        for (int done = 0; done < values.Length;)
        {
            int many = Math.Min(values.Length - done, bytes.Length / width);
            ReadExactly(stream, bytes.AsSpan(0, many * width));
            for (int i = 0; i < many; i++, done++)
            {
                ReadOnlySpan<byte> value = bytes.AsSpan(i * width, width);
                values[done] = width == sizeof(double) ? (float)BinaryPrimitives.ReadDoubleLittleEndian(value) : BinaryPrimitives.ReadSingleLittleEndian(value);
            }
        }
        return new NpyArray(shape, values);
    }

    private static (string Type, IReadOnlyList<int> Shape, int Start) ReadHeader(Stream stream, long length)
    {
        Span<byte> start = stackalloc byte[12];
        ReadExactly(stream, start[..8]);
        if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8)) throw new InvalidDataException("it does not begin as an array of NumPy");
        if (start[6] is < 1 or > 3) throw new InvalidDataException($"it is of version {start[6]} of the format; 1 to 3 are read");
        int first = start[6] == 1 ? 10 : 12;
        ReadExactly(stream, start[8..first]);
        uint size = first == 10 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (size > LongestHeader || size > length - first) throw new InvalidDataException($"its header claims {size} bytes");
        byte[] text = new byte[size];
        ReadExactly(stream, text);
        string header = Encoding.Latin1.GetString(text);

        Match match = Header().Match(header);
        if (!match.Success) throw new InvalidDataException($"its header {header.Trim()} is not that of a float32 or float64 array in C order");
        List<int> shape = [];
        foreach (Capture extent in match.Groups["extent"].Captures)
            shape.Add(int.TryParse(extent.ValueSpan, out int value) ? value : throw new InvalidDataException($"its shape holds {extent.Value}"));
        return (match.Groups["type"].Value, shape, first + (int)size);
    }

    private static void ReadExactly(Stream stream, Span<byte> bytes)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw new InvalidDataException("it is truncated");
    }

    [GeneratedRegex(@"^\{ ?'descr': '(?<type><f[48])', 'fortran_order': False, 'shape': \((?:(?<extent>[0-9]+)(?:, ?|(?=\))))*\),? ?\}\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Header();
}
