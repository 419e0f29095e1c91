using System.Buffers.Binary;
using System.Text;

namespace BatchSegmenter.Formats.Records;

/// <summary>A value of a line.</summary>
/// <param name="Offset">Where it goes within the record; negative for a value that is passed over.</param>
/// <param name="Packed">For a packed colour its declared type (the record holds its 32 bits); other values become doubles.</param>
/// <param name="IsList">Whether it is the number of further values, all passed over.</param>
internal readonly record struct AsciiValue(int Offset, ScalarType? Packed = null, bool IsList = false);

/// <summary>Records that are lines of numbers, parted by blanks or commas.</summary>
/// <param name="stream">The file.</param>
/// <param name="path">Its name in messages.</param>
/// <param name="start">Byte offset of the first line.</param>
/// <param name="values">What stands in a line, in order.</param>
internal sealed class AsciiRecords(Stream stream, string path, long start, AsciiValue[] values) : RecordRuns
{
    /// <summary>The most values of a line.</summary>
    public const int MaxValues = 1 << 16;

    private readonly AsciiLines _lines = new(stream, path);
    private long _read;

    public override long Position => _lines.Position;

    public override void Rewind()
    {
        _lines.Start(start);
        _read = 0;
    }

    public override int Read(Span<byte> records)
    {
        int done = 0;
        for (; (done + 1) * Stride <= records.Length; done++)
        {
            string? problem = _lines.TryRead(out ReadOnlySpan<byte> line)
                ? Parse(line, records.Slice(done * Stride, Stride))
                : $"the file ends after {_read + done} of {Count} points. It is truncated or its count wrong.";
            if (problem is null) continue;
            long at = _lines.LineOffset;
            _lines.Start(at); // the points before are whole; the next call comes back to this line
            if (done == 0) throw new InvalidPointCloudException(Path, at, problem);
            break;
        }

        _read += done;
        return done;
    }

    private string? Parse(ReadOnlySpan<byte> line, Span<byte> record)
    {
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> word = NextWord(ref line);
            if (word.IsEmpty) return $"the line ends after {i} of {values.Length} values.";
            AsciiValue value = values[i];
            if (value is { Offset: < 0, IsList: false }) continue;
            if (!AsciiNumber.TryParse(word, out double number)) return $"\"{Show(word)}\" where a number was expected.";
            if (value.IsList)
            {
                for (double left = number; left >= 1; left--)
                    if (NextWord(ref line).IsEmpty) return $"the line ends within a list of {number} values.";
            }
            else if (value.Packed is { } type)
            {
                uint bits = type.IsFloat() ? BitConverter.SingleToUInt32Bits((float)number) : (uint)(long)Math.Clamp(number, int.MinValue, uint.MaxValue);
                BinaryPrimitives.WriteUInt32LittleEndian(record[value.Offset..], bits);
            }
            else BinaryPrimitives.WriteDoubleLittleEndian(record[value.Offset..], number);
        }

        ReadOnlySpan<byte> surplus = NextWord(ref line);
        return surplus.IsEmpty ? null : $"\"{Show(surplus)}\" follows the {values.Length} values of the line.";
    }

    private static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> line)
    {
        int start = 0;
        while (start < line.Length && IsSeparator(line[start])) start++;
        int end = start;
        while (end < line.Length && !IsSeparator(line[end])) end++;
        ReadOnlySpan<byte> word = line[start..end];
        line = line[end..];
        return word;
    }

    private static bool IsSeparator(byte value) => value is (byte)' ' or (byte)'\t' or (byte)',';

    private static string Show(ReadOnlySpan<byte> word) => HeaderLines.Short(Encoding.Latin1.GetString(word));
}
