using System.Globalization;

namespace BatchSegmenter.Formats.Las;

/// <summary>
/// One <c>KEYWORD["text", number, CHILD[…]]</c> of well-known text for coordinate reference systems, version 1 or 2. Reads
/// forgivingly: text that breaks off gives the nodes so far.
/// </summary>
internal sealed class WktNode
{
    /// <summary>Deeper nesting than any reference system has; what lies below is left out.</summary>
    private const int MaxDepth = 64;

    private readonly List<WktNode> _children = [];
    private readonly List<string> _values = [];

    private WktNode(string keyword) => Keyword = keyword;

    /// <summary>The keyword in upper case.</summary>
    public string Keyword { get; }

    /// <summary>Strings (without quotes), numbers and bare words, in order.</summary>
    public IReadOnlyList<string> Values => _values;

    /// <summary>Nested nodes, in order.</summary>
    public IReadOnlyList<WktNode> Children => _children;

    /// <summary>The first child with one of the keywords, or null.</summary>
    public WktNode? Child(params ReadOnlySpan<string> keywords)
    {
        foreach (WktNode child in _children)
            if (keywords.Contains(child.Keyword)) return child;
        return null;
    }

    /// <summary>The value at <paramref name="index"/> as a number, or null.</summary>
    public double? Number(int index) =>
        index < _values.Count && double.TryParse(_values[index], NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;

    /// <summary>Reads the first node of a text; null where there is none.</summary>
    public static WktNode? Parse(string text)
    {
        int position = 0;
        return ParseNode(text, ref position, 0);
    }

    private static WktNode? ParseNode(string text, ref int position, int depth)
    {
        string word = Word(text, ref position);
        if (word.Length == 0 || position >= text.Length || text[position] is not ('[' or '(')) return null;
        position++;
        WktNode node = new(word.ToUpperInvariant());
        while (position < text.Length)
        {
            char c = text[position];
            if (c is ']' or ')')
            {
                position++;
                break;
            }

            if (c == '"') node._values.Add(Quoted(text, ref position));
            else if (c == ',' || char.IsWhiteSpace(c)) position++;
            else
            {
                int start = position;
                string value = Word(text, ref position);
                if (position < text.Length && text[position] is '[' or '(' && depth < MaxDepth)
                {
                    position = start;
                    if (ParseNode(text, ref position, depth + 1) is { } child) node._children.Add(child);
                }
                else if (value.Length > 0) node._values.Add(value);

                if (position == start) position++;
            }
        }

        return node;
    }

    private static string Quoted(string text, ref int position)
    {
        int end = text.IndexOf('"', position + 1);
        if (end < 0) end = text.Length;
        string value = text[(position + 1)..end];
        position = Math.Min(text.Length, end + 1);
        return value;
    }

    private static string Word(string text, ref int position)
    {
        while (position < text.Length && char.IsWhiteSpace(text[position])) position++;
        int start = position;
        while (position < text.Length && text[position] is not ('[' or ']' or '(' or ')' or ',' or '"')) position++;
        return text[start..position].Trim();
    }
}
