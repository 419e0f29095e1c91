using System.Globalization;

namespace BatchSegmenter.Onnx.Passes;

/// <summary>The form of one of ONNX's own operators from one opset on, as <c>operators.txt</c> lists it.</summary>
/// <param name="Inputs">How many inputs it takes.</param>
/// <param name="Outputs">How many outputs it makes.</param>
/// <param name="Attributes">The types of its attributes (f, i, s, t, g; fs, is, ss) by name.</param>
/// <param name="Required">The attributes that have no default.</param>
internal sealed record StandardOperator(OperandCount Inputs, OperandCount Outputs, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Required)
{
    /// <summary>The newest opset that is known here.</summary>
    public const int NewestOpset = 17;

    private static readonly ILookup<string, (int Since, StandardOperator? Form)> Table = Read();

    /// <summary>The form of an operator in an opset; null if there is none of that name (any more, or yet).</summary>
    public static StandardOperator? Find(string name, int opset) =>
        Table[name].LastOrDefault(entry => entry.Since <= opset).Form;

    private static ILookup<string, (int Since, StandardOperator? Form)> Read()
    {
        using StreamReader reader = new(typeof(StandardOperator).Assembly.GetManifestResourceStream("operators.txt")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .Select(line => line.TrimEnd('\r').Split(' '))
            .ToLookup(words => words[0], words => (int.Parse(words[1], CultureInfo.InvariantCulture), Parse(words[2..])));
    }

    private static StandardOperator? Parse(string[] words)
    {
        if (words[0] == "deprecated") return null;
        string[][] attributes = [.. words[2..].Select(word => word.Split(':'))];
        return new StandardOperator(
            OperandCount.Parse(words[0]),
            OperandCount.Parse(words[1]),
            attributes.ToDictionary(it => it[0], it => it[1].TrimEnd('!')),
            [.. attributes.Where(it => it[1].EndsWith('!')).Select(it => it[0])]);
    }
}

/// <summary>A range of counts, such as <c>1-3</c>, <c>2</c> or <c>1+</c>.</summary>
internal readonly record struct OperandCount(int Least, int Most)
{
    public static OperandCount Parse(string text)
    {
        if (text.EndsWith('+')) return new(int.Parse(text[..^1], CultureInfo.InvariantCulture), int.MaxValue);
        int[] ends = [.. text.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture))];
        return new(ends[0], ends[^1]);
    }

    public bool Contains(int count) => count >= Least && count <= Most;

    public override string ToString() => Most == int.MaxValue ? $"at least {Least}" : Least == Most ? $"{Least}" : $"{Least} to {Most}";
}
