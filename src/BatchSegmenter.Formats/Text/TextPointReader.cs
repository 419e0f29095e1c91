using System.Diagnostics.CodeAnalysis;

namespace BatchSegmenter.Formats.Text;

/// <summary>
/// Reads points from text, a line each: XYZ, CSV, TXT, ASC, PTS and PTX. Separator, header and the meaning of the columns are detected
/// and told by <see cref="PointCloudHeader.Remarks"/>, or set by <see cref="PointReadOptions.Text"/>. One pass at opening counts the points.
/// </summary>
/// <remarks>
/// Colours of 8 bits are multiplied by 256, intensities of 0–1 by 65535, those of −2048–2047 (PTS) are spread over 0–65535. Points of PTX
/// files are moved by their scan's matrix; they have the scan's number, from 1, as point source id; shots without a return are no points.
/// </remarks>
public sealed class TextPointReader : PointCloudReader
{
    private const int RunLines = 1024;

    /// <summary>Losses told one by one; a file that is worse than this is told as a whole.</summary>
    private const int MostLosses = 4096;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly bool _skips;
    private readonly TextTable _table;
    private readonly TextLines _lines;
    private readonly TextRecords _records;
    private readonly TextColumnFiller _filler;
    private readonly long[] _shots = new long[RunLines];
    private TextLineParser _parser;
    private double[] _values = [];
    private PtxScan? _scan;
    private int _block;
    private long _index;
    private bool _isAtBadLine;
    private bool _isAtEnd;
    private PointLoss? _loss;

    /// <summary>Opens a file.</summary>
    /// <exception cref="PointCloudException">The file is no text of points, or it contradicts itself.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public TextPointReader(string path, PointReadOptions? options = null)
        : this(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan), path, options)
    {
    }

    /// <summary>Reads from a stream, which must be seekable and is closed with the reader (also where the constructor throws).</summary>
    /// <param name="stream">The file's bytes from position 0 on.</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="options">How to read; by default <see cref="PointReadOptions.Default"/>.</param>
    /// <exception cref="PointCloudException">The content is no text of points, or it contradicts itself.</exception>
    public TextPointReader(Stream stream, string path, PointReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(path);
        options ??= PointReadOptions.Default;
        _stream = stream;
        _path = path;
        _skips = options.CorruptChunks == CorruptChunks.Skip;
        _lines = new TextLines(stream, path);
        try
        {
            if (PointFormatDetector.Detect(stream, path) is var format && format != "text")
                throw new UnknownPointCloudFormatException(path, $"a {format} file; a text of points was expected.");
            _table = TextDetection.Detect(_lines, path, options.Text);
            (long points, PointAttributes attributes) = Count();
            _records = new TextRecords(_lines, _table, path);
            _filler = new TextColumnFiller(_table);
            Start(_table.Columns);
            Header = new PointCloudHeader(
                "text", points, attributes, (double.NaN, double.NaN, double.NaN), (double.NaN, double.NaN, double.NaN), CoordinateReferenceSystem.Unknown)
            {
                Remarks = _table.Remarks(),
            };
        }
        catch
        {
            _lines.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override PointCloudHeader Header { get; }

    /// <inheritdoc/>
    public override long Remaining => _isAtEnd ? 0 : Header.PointCount - _index;

    /// <inheritdoc/>
    public override int Read(PointColumns columns, int maxPoints)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(maxPoints);
        int done = 0;
        _isAtBadLine = false;
        while (done < maxPoints && !_isAtBadLine && !_isAtEnd)
        {
            int points = ReadRun(Math.Min(RunLines, maxPoints - done), done > 0);
            if (points == 0) break;
            if (done == 0) FirstIndex = _index - points;
            _scan?.Transform(_values.AsSpan(0, points), _values.AsSpan(RunLines, points), _values.AsSpan(2 * RunLines, points));
            _filler.Append(_parser.Read, _values, RunLines, points, columns);
            if (_scan is not null) FillRaster(_scan, points, columns);
            done += points;
        }

        return done;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _lines.Dispose();
        _stream.Dispose();
    }

    private (long Points, PointAttributes Attributes) Count()
    {
        TextRecords records = new(_lines, _table, _path);
        long points = 0;
        PointAttributes attributes = PointAttributes.None;
        foreach (TextColumn column in _table.Columns) attributes |= column.Attribute;
        if (_table.Kind == TextKind.Ptx) attributes = PointAttributes.RowColumn | PointAttributes.PointSourceId;
        try
        {
            if (_table.Kind != TextKind.Ptx)
                while (records.Next(out _)) points++;
            else
                for (int block = 0; records.Next(out ReadOnlySpan<byte> line);)
                {
                    if (!IsMissing(line)) points++;
                    if (block == records.Block) continue;
                    block = records.Block;
                    foreach (TextColumn column in TextTable.PtxColumns(records.ScanFields)!) attributes |= column.Attribute;
                }
        }
        catch (InvalidPointCloudException) when (_skips)
        {
            // A line without end: the reading pass ends there too, and tells.
        }

        if (records.Fault is { } fault && !_skips) throw fault;
        return (points, attributes);
    }

    /// <summary>Reads lines to a block until it is full, a scan ends, or a line that does not fit follows points.</summary>
    private int ReadRun(int most, bool hasPoints)
    {
        int points = 0;
        while (points < most && NextRecord(out ReadOnlySpan<byte> line))
        {
            if (_records.Block != _block)
            {
                if (points > 0)
                {
                    _records.Back();
                    break;
                }

                _block = _records.Block;
                _scan = _records.Scan;
                if (_scan is not null) Start(TextTable.PtxColumns(_records.ScanFields)!);
            }

            if (_parser.TryParse(line, _values, points))
            {
                _shots[points] = _records.Shot;
                if (_scan is not null && _values[points] == 0 && _values[points + RunLines] == 0 && _values[points + 2 * RunLines] == 0) continue;
                if (_loss is not null) AddPending();
                points++;
                _index++;
                continue;
            }

            if (_scan is not null && IsMissing(line)) continue;
            if (!_skips) throw new InvalidPointCloudException(_path, _records.Offset, Describe(line));
            if (points > 0 || hasPoints)
            {
                _records.Back();
                _isAtBadLine = true;
                break;
            }

            Lose(line);
        }

        return points;
    }

    private bool NextRecord(out ReadOnlySpan<byte> line)
    {
        InvalidPointCloudException? fault = null;
        line = default;
        try
        {
            if (_records.Next(out line)) return true;
            fault = _records.Fault;
        }
        catch (InvalidPointCloudException endless) when (_skips)
        {
            fault = endless;
        }

        _isAtEnd = true;
        if (_loss is not null) AddPending();
        if (fault is not null && !_skips) throw fault;
        if (fault is not null)
            AddLoss(new PointLoss(null, fault.Offset ?? 0, Math.Max(0, _stream.Length - (fault.Offset ?? 0)), _index, _records.Missing, fault.Problem));
        return false;
    }

    private string Describe(ReadOnlySpan<byte> line)
    {
        string problem = _parser.Describe(line, _records.Number);
        return _records.NextOffset < _stream.Length ? problem : problem + " It is the file's last line; the file may be truncated.";
    }

    private void Lose(ReadOnlySpan<byte> line)
    {
        _loss = _loss is null
            ? new PointLoss(null, _records.Offset, _records.NextOffset - _records.Offset, _index, 1, Describe(line))
            : _loss with { Points = _loss.Points + 1, Length = _records.NextOffset - _loss.Offset };
        _index++;
    }

    /// <summary>Tells a run of bad lines; from a great number of runs on, all that follow are told as one.</summary>
    private void AddPending()
    {
        if (Losses.Count >= MostLosses && !_isAtEnd) return;
        AddLoss(_loss!);
        _loss = null;
    }

    [MemberNotNull(nameof(_parser))]
    private void Start(TextColumn[] columns)
    {
        _parser = new TextLineParser(_table.Dialect, columns, RunLines, _table.LongLine is not null);
        if (_values.Length < _parser.Read.Length * RunLines) _values = new double[_parser.Read.Length * RunLines];
    }

    private void FillRaster(PtxScan scan, int points, PointColumns columns)
    {
        int start = columns.Count - points;
        columns.PointSourceId?.AsSpan(start, points).Fill((ushort)Math.Min(_block, ushort.MaxValue));
        if (columns.Row is not { } rows || columns.Column is not { } rasterColumns) return;
        for (int i = 0; i < points; i++) (rasterColumns[start + i], rows[start + i]) = ((int)(_shots[i] / scan.Rows), (int)(_shots[i] % scan.Rows));
    }

    /// <summary>Whether a PTX shot found nothing, which its position 0 0 0 tells.</summary>
    private static bool IsMissing(ReadOnlySpan<byte> line)
    {
        TextDialect dialect = TextDialect.Spaces;
        int at = dialect.SkipBlanks(line, 0);
        for (int i = 0; i < 3; i++)
        {
            if (!DecimalNumber.TryRead(line, ref at, dialect.Point, out double value) || value != 0) return false;
            int end = at;
            at = dialect.SkipBlanks(line, at);
            if (at < line.Length && at == end) return false;
        }

        return true;
    }
}
