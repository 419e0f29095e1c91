using System.Globalization;
using BatchSegmenter.Formats.Records;

namespace BatchSegmenter.Formats.Npy;

/// <summary>Reads the Python literal of an NPY header: strings, whole numbers, True and False, tuples, lists and dictionaries.</summary>
/// <param name="text">The literal.</param>
/// <param name="path">The file's name in messages.</param>
/// <param name="offset">Byte offset of the text in it.</param>
internal sealed class PythonLiteral(string text, string path, int offset)
{
    private const int MaxDepth = 8;

    private int _at;
    private int _depth;

    /// <summary>The error that the header has <paramref name="problem"/>.</summary>
    public InvalidPointCloudException Fault(string problem) => new(path, offset + Math.Min(_at, text.Length), $"the NPY header has {problem}. The file is damaged.");

    /// <summary>The error that the array has <paramref name="problem"/>, which is not read.</summary>
    public UnsupportedPointCloudException Unsupported(string problem) => new(path, offset, $"the array has {problem}.");

    /// <summary>The next value: a string, long, bool, list (of a tuple too) or dictionary with strings as keys.</summary>
    public object Read()
    {
        char next = Peek();
        if (next is '\'' or '"') return ReadString(next);
        if (next is '(' or '[') return ReadList(next == '(' ? ')' : ']');
        if (next == '{') return ReadDictionary();
        int start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '-')) _at++;
        string word = text[start.._at];
        if (word is "True" or "False") return word == "True";
        if (word.EndsWith('L')) word = word[..^1]; // Python 2 wrote long numbers so
        return long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw Fault($"\"{HeaderLines.Short(text[start..Math.Min(text.Length, start + 41)].Trim())}\" where a value was expected");
    }

    private char Peek()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
        return _at < text.Length ? text[_at] : throw Fault("no end");
    }

    private bool Take(char wanted)
    {
        if (Peek() != wanted) return false;
        _at++;
        return true;
    }

    private string ReadString(char quote)
    {
        int end = text.IndexOf(quote, _at + 1);
        if (end < 0) throw Fault("a string without an end");
        string value = text[(_at + 1)..end];
        _at = end + 1;
        return value;
    }

    private List<object> ReadList(char close)
    {
        if (++_depth > MaxDepth) throw Fault($"lists within lists, more than {MaxDepth} deep");
        _at++;
        List<object> values = [];
        while (!Take(close))
        {
            values.Add(Read());
            if (!Take(',') && Peek() != close) throw Fault("a list without a comma between its values");
        }

        _depth--;
        return values;
    }

    private Dictionary<string, object> ReadDictionary()
    {
        if (++_depth > MaxDepth) throw Fault($"lists within lists, more than {MaxDepth} deep");
        _at++;
        Dictionary<string, object> entries = [];
        while (!Take('}'))
        {
            if (Read() is not string key || !Take(':')) throw Fault("a dictionary entry that is not 'name': value");
            entries[key] = Read();
            if (!Take(',') && Peek() != '}') throw Fault("a dictionary without a comma between its entries");
        }

        _depth--;
        return entries;
    }
}
