namespace BatchSegmenter.Formats.E57;

/// <summary>
/// Reads the scans of an E57 file (ASTM E2807) as one cloud, in file order, in the file's coordinate system: poses are applied,
/// spherical coordinates converted, records without a position left out. The scan's number, from 1, is the point source id.
/// </summary>
public sealed class E57Reader : PointCloudReader
{
    private readonly Stream _stream;
    private readonly string _path;
    private readonly bool _skipDamage;
    private readonly E57Pages _pages;
    private readonly IReadOnlyList<E57Scan> _scans;
    private readonly long[] _points;
    private E57ScanReader? _reader;
    private int _scan;
    private long _scanRemaining;
    private long _remaining;

    /// <summary>Reads from a stream, which must be seekable and is closed with the reader (also where the constructor throws).</summary>
    /// <param name="stream">The file's bytes from position 0 on.</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="options">How to read; by default <see cref="PointReadOptions.Default"/>.</param>
    /// <exception cref="PointCloudException">The content is not E57, damaged, or not supported.</exception>
    public E57Reader(Stream stream, string path, PointReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(path);
        _stream = stream;
        _path = path;
        _skipDamage = options?.CorruptChunks == CorruptChunks.Skip;
        try
        {
            E57Header header = E57Header.Read(stream, path);
            _pages = new E57Pages(stream, path, header);
            _pages.Read(0, stackalloc byte[E57Header.Length]);
            E57Xml xml = E57Xml.Read(_pages, header, path);
            _scans = xml.Scans;
            _points = [.. _scans.Select(scan => E57ScanReader.Count(_pages, scan, path, _skipDamage))];
            Header = Describe(xml);
            _remaining = Header.PointCount;
            StartScan(0);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override PointCloudHeader Header { get; }

    /// <inheritdoc/>
    public override long Remaining => _remaining;

    /// <inheritdoc/>
    public override int Read(PointColumns columns, int maxPoints)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(maxPoints);
        FirstIndex = Header.PointCount - _remaining;
        int start = columns.Count, losses = Losses.Count;
        while (columns.Count - start < maxPoints && _scan < _scans.Count)
        {
            if (_scanRemaining > 0) ReadRun(columns, maxPoints - (columns.Count - start));
            else StartScan(_scan + 1);

            // Behind a loss the next points do not follow on those read.
            if (Losses.Count == losses) continue;
            if (columns.Count > start) break;
            FirstIndex = Header.PointCount - _remaining;
        }

        return columns.Count - start;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _stream.Dispose();
    }

    private void StartScan(int scan)
    {
        _scan = scan;
        _reader = null;
        _scanRemaining = scan < _points.Length ? _points[scan] : 0;
    }

    private void ReadRun(PointColumns columns, int max)
    {
        int before = columns.Count;
        try
        {
            _reader ??= new E57ScanReader(_pages, _scans[_scan], _path);
            if (!_reader.Read(columns, max))
                throw new InvalidPointCloudException(_path, _reader.Offset, $"scan {_scans[_scan].Number} ends {_scanRemaining} points before those counted. The file has been changed since it was opened.");
        }
        catch (InvalidPointCloudException error) when (_skipDamage)
        {
            columns.Count = before;
            AddLoss(new PointLoss(null, error.Offset ?? 0, 0, Header.PointCount - _remaining, _scanRemaining, error.Problem));
            _remaining -= _scanRemaining;
            _scanRemaining = 0;
        }

        _remaining -= columns.Count - before;
        _scanRemaining -= columns.Count - before;
    }

    private PointCloudHeader Describe(E57Xml xml)
    {
        List<string> remarks = [];
        long points = _points.Sum(), records = _scans.Sum(scan => scan.Records);
        if (_scans.Count > 1) remarks.Add($"{_scans.Count} scans; the number of its scan, from 1, is each point's source id");
        if (records > points) remarks.Add($"{records - points} of {records} records have no position and are left out");
        if (_scans.Any(scan => scan.Pose is not null)) remarks.Add("scans are turned and moved into the file's coordinate system by their poses");
        (double X, double Y, double Z) min = (double.NaN, double.NaN, double.NaN), max = min;

        // Writers do not agree on whether the bounds of a scan are those before or behind its pose.
        if (_scans.Count > 0 && _scans.All(scan => scan.Pose is null && scan.Bounds is { } box && IsBox(box.Min, box.Max)))
        {
            min = (_scans.Min(scan => scan.Bounds!.Value.Min.X), _scans.Min(scan => scan.Bounds!.Value.Min.Y), _scans.Min(scan => scan.Bounds!.Value.Min.Z));
            max = (_scans.Max(scan => scan.Bounds!.Value.Max.X), _scans.Max(scan => scan.Bounds!.Value.Max.Y), _scans.Max(scan => scan.Bounds!.Value.Max.Z));
        }

        PointAttributes attributes = _scans.Aggregate(PointAttributes.None, (all, scan) => all | scan.Attributes);
        return new PointCloudHeader("e57", points, attributes, min, max, xml.Crs) { Remarks = remarks };
    }

    private static bool IsBox((double X, double Y, double Z) min, (double X, double Y, double Z) max) =>
        double.IsFinite(max.X - min.X) && double.IsFinite(max.Y - min.Y) && double.IsFinite(max.Z - min.Z)
        && max.X >= min.X && max.Y >= min.Y && max.Z >= min.Z;
}
