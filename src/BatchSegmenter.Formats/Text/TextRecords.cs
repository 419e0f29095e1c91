namespace BatchSegmenter.Formats.Text;

/// <summary>
/// The lines of a text that hold a point or a shot, without comments, blank lines, header lines and those that lead a block or scan.
/// The pass that counts and the pass that reads both go through here, so that they agree.
/// </summary>
internal sealed class TextRecords
{
    private readonly TextLines _lines;
    private readonly TextTable _table;
    private readonly string _path;
    private readonly List<Range> _fields = [];
    private long _left;
    private bool _again;

    /// <summary>Goes to the first record.</summary>
    public TextRecords(TextLines lines, TextTable table, string path)
    {
        _lines = lines;
        _table = table;
        _path = path;
        lines.MoveTo(0);
        for (long i = 0; i < table.HeaderLines && lines.TryRead(out _); i++)
        {
        }
    }

    /// <summary>The latest PTX scan.</summary>
    public PtxScan? Scan { get; private set; }

    /// <summary>Number of the latest block or scan, from 1; 0 before the first.</summary>
    public int Block { get; private set; }

    /// <summary>Position of the current shot within its scan, from 0.</summary>
    public long Shot { get; private set; }

    /// <summary>Fields of the scan's first shot.</summary>
    public int ScanFields { get; private set; }

    /// <summary>Why the records end before the end of the file, or before those that were promised; null where they do not.</summary>
    public InvalidPointCloudException? Fault { get; private set; }

    /// <summary>Records promised that are not there.</summary>
    public long Missing { get; private set; }

    /// <summary>The current record's line.</summary>
    public ReadOnlySpan<byte> Current => Trim(_lines.Current);

    /// <summary>Byte offset of the current line.</summary>
    public long Offset => _lines.Offset;

    /// <summary>Byte offset behind the current line.</summary>
    public long NextOffset => _lines.NextOffset;

    /// <summary>Number of the current line, from 1.</summary>
    public long Number => _lines.Number;

    /// <summary>Whether a line says nothing: it is blank or a comment.</summary>
    public static bool IsSilent(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> text = line.TrimStart(" \t"u8);
        return text.IsEmpty || text[0] == '#' || (text[0] == '/' && text.StartsWith("//"u8));
    }

    /// <summary>A line without the space and the carriage return at its ends.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line)
    {
        while (!line.IsEmpty && line[^1] is (byte)'\r' or (byte)' ') line = line[..^1];
        return line;
    }

    /// <summary>Whether a line is one number of points and nothing else.</summary>
    public static bool IsCount(ReadOnlySpan<byte> line, out long count)
    {
        line = line.Trim(" \t\r"u8);
        count = 0;
        if (line.IsEmpty || line.Length > 18 || line.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0) return false;
        foreach (byte digit in line) count = count * 10 + (digit - '0');
        return true;
    }

    /// <summary>Gives the current record once more.</summary>
    public void Back() => _again = true;

    /// <summary>Goes to the next record; false at the end, and where <see cref="Fault"/> ends them.</summary>
    public bool Next(out ReadOnlySpan<byte> line)
    {
        if (_again)
        {
            _again = false;
            line = Current;
            return true;
        }

        while (NextLine(out line))
        {
            if (_table.Kind == TextKind.Plain) return true;
            if (_left > 0)
            {
                _left--;
                Shot++;
                if (Shot == 0 && _table.Kind == TextKind.Ptx) ReadFields(line);
                return Fault is null;
            }

            StartBlock(line);
        }

        if (_left > 0 && Fault is null)
        {
            Missing = _left;
            End(_lines.StreamLength, $"the file ends {_left} lines before the number that its {Unit} {Block} promises. It is truncated, or the number wrong.");
        }

        return false;
    }

    private string Unit => _table.Kind == TextKind.Ptx ? "PTX scan" : "PTS block";

    private bool NextLine(out ReadOnlySpan<byte> line)
    {
        line = default;
        while (Fault is null && _lines.TryRead(out line))
        {
            if (IsSilent(line)) continue;
            line = Trim(line);
            if (!line.IsEmpty) return true;
        }

        return false;
    }

    private void StartBlock(ReadOnlySpan<byte> line)
    {
        Shot = -1;
        ScanFields = 0;
        if (_table.Kind == TextKind.Ptx) StartScan(line);
        else if (IsCount(line, out _left)) Block++;
        else End(Offset, $"line {Number} (\"{TextLineParser.Quote(line)}\") follows the points that PTS block {Block} promises, where the end or the number of points of a next block was expected.");
    }

    private void StartScan(ReadOnlySpan<byte> line)
    {
        List<double[]> header = [];
        do
        {
            if (PtxScan.ParseLine(line, header.Count) is not { } numbers)
            {
                End(Offset, $"line {Number} is \"{TextLineParser.Quote(line)}\", where {PtxScan.Expected(header.Count)} was expected.");
                return;
            }

            header.Add(numbers);
        }
        while (header.Count < PtxScan.HeaderLines && NextLine(out line));

        if (header.Count < PtxScan.HeaderLines)
        {
            End(_lines.StreamLength, $"the file ends within the lines that lead PTX scan {Block + 1}. It is truncated.");
            return;
        }

        Scan = PtxScan.Of(header);
        _left = Scan.Shots;
        Block++;
    }

    private void ReadFields(ReadOnlySpan<byte> line)
    {
        _table.Dialect.Split(line, _fields);
        ScanFields = _fields.Count;
        if (TextTable.PtxColumns(ScanFields) is not null) return;
        Missing = _left + 1;
        End(Offset, $"line {Number} (\"{TextLineParser.Quote(line)}\") has {ScanFields} fields; a shot of a PTX scan has 3, 4, 6 or 7 (x y z, intensity, red green blue).");
    }

    private void End(long offset, string problem)
    {
        Fault = new InvalidPointCloudException(_path, offset, problem);
        _left = 0;
    }
}
