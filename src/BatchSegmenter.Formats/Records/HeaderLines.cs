using System.Text;

namespace BatchSegmenter.Formats.Records;

/// <summary>Reads the lines of text at the start of a file, up to the byte where its points begin. Lines end in LF, CR LF or CR.</summary>
internal sealed class HeaderLines
{
    private const int MaxBytes = 1 << 20;

    private readonly Stream _stream;
    private readonly string _path;
    private byte[] _bytes = new byte[4096];
    private int _count;
    private int _next;
    private bool? _feedAfterReturn;

    public HeaderLines(Stream stream, string path)
    {
        _stream = stream;
        _path = path;
        stream.Position = 0;
    }

    /// <summary>Byte offset of the line read last.</summary>
    public int LineOffset { get; private set; }

    /// <summary>Byte offset of what follows it.</summary>
    public int Position => _next;

    /// <summary>The next line without its end and outer blanks; null at the end of the file.</summary>
    /// <exception cref="InvalidPointCloudException">The lines go on beyond any header.</exception>
    public string? Read()
    {
        LineOffset = _next;
        int searched = _next;
        while (true)
        {
            int length = _bytes.AsSpan(searched, _count - searched).IndexOfAny((byte)'\n', (byte)'\r');
            if (length >= 0)
            {
                int end = searched + length;
                _next = end + 1;
                if (_bytes[end] == '\r') SkipFeed();
                return Text(LineOffset, end);
            }

            searched = _count;
            if (More()) continue;
            _next = _count;
            return LineOffset == _count ? null : Text(LineOffset, _count);
        }
    }

    /// <summary>The next line that is not blank, split at blanks; null at the end of the file.</summary>
    public string[]? ReadWords()
    {
        while (Read() is { } line)
            if (line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words) return words;
        return null;
    }

    /// <summary>The error that the line read last breaks the format's rules.</summary>
    public InvalidPointCloudException Fault(string problem) => new(_path, LineOffset, problem);

    /// <summary>A number of things: a whole number from 0 on.</summary>
    public long Count(string word, string meaning) =>
        long.TryParse(word, System.Globalization.NumberStyles.AllowTrailingWhite, System.Globalization.CultureInfo.InvariantCulture, out long count)
            ? count
            : throw Fault($"\"{Short(word)}\" where {meaning} was expected, a whole number.");

    /// <summary>A word fit for a message.</summary>
    public static string Short(string word) => word.Length <= 40 ? word : word[..40] + "…";

    // A file that ends its lines in CR alone may begin its points with the byte of LF: the first line decides.
    private void SkipFeed()
    {
        bool feed = (_next < _count || More()) && _bytes[_next] == '\n';
        _feedAfterReturn ??= feed;
        if (feed && _feedAfterReturn.Value) _next++;
    }

    private bool More()
    {
        if (_count == MaxBytes) throw Fault($"the header has no end within {MaxBytes} bytes. The file is damaged.");
        if (_count == _bytes.Length) Array.Resize(ref _bytes, Math.Min(MaxBytes, 2 * _count));
        int read = _stream.Read(_bytes, _count, _bytes.Length - _count);
        _count += read;
        return read > 0;
    }

    private string Text(int start, int end) => Encoding.Latin1.GetString(_bytes, start, end - start).Trim();
}
