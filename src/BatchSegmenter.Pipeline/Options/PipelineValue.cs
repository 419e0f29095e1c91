using System.Text;
using System.Text.Json;

namespace BatchSegmenter.Pipeline.Options;

/// <summary>
/// A value of a pipeline file together with the line it stands on, which the platform's own document forgets.
/// Values from the command line have line 0 and the option's name as their origin.
/// </summary>
internal sealed class PipelineValue(JsonValueKind kind, string text, string origin, int line)
{
    /// <summary>What the value is: object, array, string, number, true, false or null.</summary>
    public JsonValueKind Kind { get; } = kind;

    /// <summary>The string's text, or the literal as written.</summary>
    public string Text { get; } = text;

    /// <summary>The file as the user named it, or the command-line option.</summary>
    public string Origin { get; } = origin;

    /// <summary>The line, from 1; 0 for the command line.</summary>
    public int Line { get; } = line;

    /// <summary>An object's members in file order.</summary>
    public List<KeyValuePair<string, PipelineValue>> Members { get; } = [];

    /// <summary>An array's elements.</summary>
    public List<PipelineValue> Items { get; } = [];

    /// <summary>The member of that name, or null.</summary>
    public PipelineValue? this[string key] => Members.Find(member => member.Key == key).Value;

    /// <summary>The value as a message quotes it.</summary>
    public override string ToString() => Kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => $"\"{Text}\"",
        _ => Text,
    };

    /// <summary>Gives an object a member, in place of one of the same name.</summary>
    public void Set(string key, PipelineValue value)
    {
        int at = Members.FindIndex(member => member.Key == key);
        if (at < 0) Members.Add(new(key, value));
        else Members[at] = new(key, value);
    }

    /// <summary>Reads JSON with comments and trailing commas.</summary>
    /// <exception cref="ConfigurationException">The text is not JSON, or names a key twice.</exception>
    public static PipelineValue Parse(ReadOnlySpan<byte> json, string file)
    {
        if (json.StartsWith(Encoding.UTF8.Preamble)) json = json[Encoding.UTF8.Preamble.Length..];
        var reader = new Utf8JsonReader(json, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var lines = new LineCounter(json);
        try
        {
            reader.Read();
            PipelineValue root = Read(ref reader, ref lines, file);
            while (reader.Read()) { }
            return root;
        }
        catch (JsonException fault)
        {
            throw new ConfigurationException(
                $"{file} (line {(fault.LineNumber ?? 0) + 1}): is not valid JSON: {FirstSentence(fault.Message)}", fault);
        }
        catch (InvalidOperationException fault)
        {
            // The reader looks into a string only when asked for its text, and then has another exception for bytes that are none.
            throw new ConfigurationException(
                $"{file} (line {lines.LineAt(reader.TokenStartIndex)}): a string holds bytes that are no UTF-8; save the file as UTF-8", fault);
        }
    }

    private static PipelineValue Read(ref Utf8JsonReader reader, ref LineCounter lines, string file)
    {
        int line = lines.LineAt(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var group = new PipelineValue(JsonValueKind.Object, "", file, line);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string key = reader.GetString()!;
                    if (group[key] is { } earlier)
                    {
                        throw new ConfigurationException(
                            $"{file}: {key} (line {lines.LineAt(reader.TokenStartIndex)}): given twice, first on line {earlier.Line}");
                    }

                    reader.Read();
                    group.Members.Add(new(key, Read(ref reader, ref lines, file)));
                }

                return group;
            case JsonTokenType.StartArray:
                var list = new PipelineValue(JsonValueKind.Array, "", file, line);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) list.Items.Add(Read(ref reader, ref lines, file));
                return list;
            case JsonTokenType.String:
                return new(JsonValueKind.String, reader.GetString()!, file, line);
            case JsonTokenType.Number:
                return new(JsonValueKind.Number, Encoding.UTF8.GetString(reader.ValueSpan), file, line);
            case JsonTokenType.True:
                return new(JsonValueKind.True, "true", file, line);
            case JsonTokenType.False:
                return new(JsonValueKind.False, "false", file, line);
            default:
                return new(JsonValueKind.Null, "null", file, line);
        }
    }

    // The platform appends its own zero-based position, which would contradict the line given.
    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    /// <summary>Counts line ends up to positions that only grow.</summary>
    private ref struct LineCounter(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _position;
        private int _line = 1;

        public int LineAt(long position)
        {
            _line += _text[_position..(int)position].Count((byte)'\n');
            _position = (int)position;
            return _line;
        }
    }
}
