using System.Runtime.InteropServices;
using System.Text;

namespace BatchSegmenter.Formats.Text;

/// <summary>Finds out how a text is to be understood, from its first lines.</summary>
internal sealed class TextDetection
{
    private const int SampleLines = 512;

    /// <summary>Lines before the first point that are looked at; longer headers are named by <see cref="TextLayout.SkipLines"/>.</summary>
    private const int MostHeaderLines = 256;

    private readonly string _path;
    private readonly TextLayout _layout;
    private readonly List<Line> _lines = [];
    private readonly List<Range> _fields = [];
    private long? _longLine;

    private TextDetection(string path, TextLayout layout)
    {
        _path = path;
        _layout = layout;
    }

    /// <summary>How the text is to be understood.</summary>
    /// <exception cref="UnknownPointCloudFormatException">No line has three numbers, or what stands before the first that has is no header.</exception>
    /// <exception cref="InvalidPointCloudException">The columns named, in the header line or by the layout, are not as many as a line has.</exception>
    public static TextTable Detect(TextLines lines, string path, TextLayout? layout)
    {
        TextDetection detection = new(path, layout ?? new TextLayout());
        detection.Sample(lines);
        return TextSample.Scale(detection.Detect(), lines);
    }

    private static ReadOnlySpan<byte> GridHeader => "ncols"u8;

    private void Sample(TextLines lines)
    {
        lines.MoveTo(0);
        try
        {
            for (int points = 0; points < SampleLines && lines.Number < SampleLines + MostHeaderLines + (_layout.SkipLines ?? 0) && lines.TryRead(out ReadOnlySpan<byte> line);)
            {
                if (lines.Number <= (_layout.SkipLines ?? 0)) continue;
                line = TextRecords.Trim(line);
                if (line.Trim(" \t"u8).IsEmpty) continue;
                bool isComment = TextRecords.IsSilent(line);
                if (!isComment) points++;
                _lines.Add(new Line(lines.Number, lines.Offset, line.ToArray(), isComment));
            }
        }
        catch (InvalidPointCloudException error)
        {
            // A line without end. Behind others it is told by the pass that counts.
            if (_lines.Count == 0) throw new UnknownPointCloudFormatException(_path, error.Problem, error);
        }
    }

    private TextTable Detect()
    {
        List<Line> lines = [.. _lines.Where(line => !line.IsComment)];
        if (lines.Count == 0) throw new UnknownPointCloudFormatException(_path, "a text without a line that is neither blank nor a comment.");
        if (PtxScan.IsHeader([.. lines.Take(PtxScan.HeaderLines).Select(line => line.Text)])) return DetectPtx(lines);
        TextDialect dialect = FindDialect(lines);
        int first = lines.FindIndex(line => dialect.CountNumbers(line.Text, _fields) >= 3);
        if (first < 0) throw Unknown(lines[0], "has no three numbers in a line");
        List<Line> leading = lines[..first];
        TextKind kind = first > 0 && TextRecords.IsCount(leading[^1].Text, out _) ? TextKind.Pts : TextKind.Plain;
        long headerLines = kind == TextKind.Pts ? leading[^1].Number - 1 : lines[first].Number - 1;
        if (kind == TextKind.Pts) leading.RemoveAt(leading.Count - 1);
        int fields = FieldCount(dialect, CollectionsMarshal.AsSpan(lines)[first..]);
        return new TextTable(kind, dialect, FindColumns(dialect, leading, lines[first], fields, lines), headerLines) { LongLine = _longLine };
    }

    private TextTable DetectPtx(List<Line> lines)
    {
        TextDialect.Spaces.Split(lines.Count > PtxScan.HeaderLines ? lines[PtxScan.HeaderLines].Text : [], _fields);
        return new TextTable(TextKind.Ptx, TextDialect.Spaces, TextTable.PtxColumns(_fields.Count) ?? TextTable.Named("x y z"), lines[0].Number - 1);
    }

    /// <summary>The dialect that finds three numbers in the most lines; the narrower where several do.</summary>
    private TextDialect FindDialect(List<Line> lines)
    {
        TextDialect best = TextDialect.Spaces;
        int most = 0;
        IEnumerable<TextDialect> dialects = _layout.Separator is { } separator
            ? [new((byte)separator, (byte)'.'), .. separator == ',' ? [] : (TextDialect[])[new((byte)separator, (byte)',')]]
            : TextDialect.Usual;
        foreach (TextDialect dialect in dialects)
        {
            int found = lines.Count(line => dialect.CountNumbers(line.Text, _fields) >= 3);
            if (found > most) (best, most) = (dialect, found);
        }

        if (most == 0) throw Unknown(lines.Find(line => !TextRecords.IsCount(line.Text, out _)) ?? lines[0], "is no line of three or more numbers, nor is any near it");
        return best;
    }

    private TextColumn[] FindColumns(TextDialect dialect, List<Line> leading, Line first, int fields, List<Line> lines)
    {
        if (_layout.Columns is { } names) return Fitting(dialect, TextTable.Named(string.Join(' ', names)), first, lines, "the layout");
        Line? header = leading.Count > 0 ? leading[^1] : _lines.FindLast(line => line.IsComment && line.Number < first.Number && TextColumn.FromHeader(line.Text, dialect) is not null);
        if (header is null) return WithoutHeader(dialect, fields, lines);
        if (TextColumn.FromHeader(header.Text, dialect) is not { } columns)
        {
            throw header.Text.AsSpan().StartsWith(GridHeader)
                ? Unknown(header, "begins an Esri grid, a raster instead of points")
                : Unknown(header, "stands before the first line of numbers and names no columns x, y and z");
        }

        // A comment that happens to name x, y and z need not be a header.
        if (header.IsComment && columns.Length != fields) return WithoutHeader(dialect, fields, lines);
        return Fitting(dialect, columns, first, lines, $"the header in line {header.Number}");
    }

    /// <summary>The columns, if most lines fit them. A line that would but for further fields tells that such are to be passed over.</summary>
    private TextColumn[] Fitting(TextDialect dialect, TextColumn[] columns, Line first, List<Line> lines, string source)
    {
        TextLineParser parser = new(dialect, columns, 1), generous = new(dialect, columns, 1, allowsMore: true);
        double[] values = new double[columns.Length];
        Line? misfit = null;
        string problem = "";
        int fits = 0;
        foreach (Line line in lines.SkipWhile(line => line != first))
        {
            if (parser.TryParse(line.Text, values, 0))
            {
                fits++;
            }
            else
            {
                fits--;
                if (generous.TryParse(line.Text, values, 0)) _longLine ??= line.Number;
                if (misfit is null) (misfit, problem) = (line, parser.Describe(line.Text, line.Number));
            }
        }

        return fits >= 0 || misfit is null
            ? columns
            : throw new InvalidPointCloudException(_path, misfit.Offset, $"most lines do not have the columns that {source} names: {problem}");
    }

    private TextColumn[] WithoutHeader(TextDialect dialect, int fields, List<Line> lines)
    {
        int colors = fields is 6 or 7 ? fields - 3 : fields;
        bool hasColors = colors < fields;
        foreach (Line line in lines)
        {
            dialect.Split(line.Text, _fields);
            for (int i = colors; i < fields && _fields.Count == fields; i++)
                hasColors &= TextRecords.IsCount(line.Text.AsSpan(_fields[i]), out long value) && value <= (fields == 6 ? byte.MaxValue : ushort.MaxValue);
        }

        string names = fields switch
        {
            4 => "x y z intensity",
            6 when hasColors => "x y z red green blue",
            7 when hasColors => "x y z intensity red green blue",
            _ => "x y z" + string.Concat(Enumerable.Repeat(" -", fields - 3)),
        };
        return TextTable.Named(names);
    }

    /// <summary>The number of fields that most lines have.</summary>
    private int FieldCount(TextDialect dialect, ReadOnlySpan<Line> lines)
    {
        Dictionary<int, int> counts = [];
        foreach (Line line in lines)
            if (dialect.CountNumbers(line.Text, _fields) >= 3) counts[_fields.Count] = counts.GetValueOrDefault(_fields.Count) + 1;
        return counts.MaxBy(count => count.Value).Key;
    }

    private UnknownPointCloudFormatException Unknown(Line line, string problem) => new(
        _path, $"line {line.Number} at byte {line.Offset} (\"{TextLineParser.Quote(line.Text)}\") {problem}. A text is a point cloud if its lines hold x, y, z and perhaps more; its columns, separator and lines to skip can be set.");

    private sealed record Line(long Number, long Offset, byte[] Text, bool IsComment);
}
