namespace BatchSegmenter.Formats.Text;

/// <summary>How a text of points is to be read, where that should not be detected. What is null is detected.</summary>
public sealed record TextLayout
{
    /// <summary>
    /// The columns' meaning, in order: <c>x</c>, <c>y</c>, <c>z</c> (each once), <c>intensity</c>, <c>red</c>, <c>classification</c> and so
    /// on, the names of LAS in snake case; <c>-</c> passes over a column. A header line is then passed over. PTX files have columns of
    /// their own and ignore these.
    /// </summary>
    /// <exception cref="ArgumentException">A name is unknown or stands twice, or a coordinate is missing.</exception>
    public IReadOnlyList<string>? Columns
    {
        get;
        init
        {
            if (value is not null) Check(value);
            field = value;
        }
    }

    /// <summary>What parts the fields: comma, semicolon, tab, colon, bar, or space for any run of spaces and tabs.</summary>
    /// <exception cref="ArgumentException">It is another character.</exception>
    public char? Separator
    {
        get;
        init
        {
            if (value is not (null or ',' or ';' or '\t' or ' ' or '|' or ':'))
                throw new ArgumentException($"'{value}' cannot part fields; comma, semicolon, tab, space, bar and colon can.", nameof(Separator));
            field = value;
        }
    }

    /// <summary>Lines at the start of the file that are passed over, whatever they hold.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int? SkipLines
    {
        get;
        init
        {
            if (value is { } lines) ArgumentOutOfRangeException.ThrowIfNegative(lines, nameof(SkipLines));
            field = value;
        }
    }

    private static void Check(IReadOnlyList<string> columns)
    {
        HashSet<string> taken = [];
        foreach (string name in columns)
        {
            if (TextColumn.Named(name) is null)
                throw new ArgumentException(
                    $"\"{name}\" is no column; there are {string.Join(", ", AttributeColumns.Names(PointAttributes.All))}, and - for a column that is passed over.",
                    nameof(Columns));
            if (name != "-" && !taken.Add(name)) throw new ArgumentException($"The column {name} stands twice.", nameof(Columns));
        }

        foreach (string name in (string[])["x", "y", "z"])
            if (!taken.Contains(name)) throw new ArgumentException($"The column {name} is missing.", nameof(Columns));
    }
}
