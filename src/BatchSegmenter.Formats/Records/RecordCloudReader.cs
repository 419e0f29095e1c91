using System.Buffers;

namespace BatchSegmenter.Formats.Records;

/// <summary>How the records of a file are to be read: what a format's own header is turned into.</summary>
/// <param name="Format">The format's short name.</param>
/// <param name="Runs">Its records.</param>
/// <param name="Layout">What they hold.</param>
/// <param name="Remarks">What the user should know.</param>
internal sealed record RecordCloud(string Format, RecordRuns Runs, RecordLayout Layout, List<string> Remarks);

/// <summary>
/// Reads a file of equal records, a run at a time in constant memory. Opening it looks at every record once: those without a position are no
/// points, and the range of a colour or an intensity tells its unit.
/// </summary>
internal abstract class RecordCloudReader : PointCloudReader
{
    /// <summary>Bytes unpacked at once: small enough to stay in the second-level cache while each column takes its field.</summary>
    private const int RunBytes = 128 << 10;

    private readonly Stream _stream;
    private readonly RecordRuns _runs;
    private readonly RecordLayout _layout;
    private readonly int _runRecords;
    private readonly RecordSurvey _survey;
    private byte[]? _buffer;
    private PointColumns? _withGaps;
    private int[]? _kept;
    private long _remaining;
    private PointLoss? _loss;

    /// <param name="stream">Seekable; closed with the reader (also where this throws).</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="options">How to read.</param>
    /// <param name="understand">Reads the format's header.</param>
    protected RecordCloudReader(Stream stream, string path, PointReadOptions? options, Func<Stream, string, RecordCloud> understand)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(path);
        _stream = stream;
        try
        {
            RecordCloud cloud = understand(stream, path);
            _runs = cloud.Runs;
            _layout = cloud.Layout;
            _runRecords = (int)Math.Clamp(_runs.Count, 1, Math.Max(1, RunBytes / _runs.Stride));
            _buffer = ArrayPool<byte>.Shared.Rent(_runRecords * _runs.Stride);
            bool skip = options is { CorruptChunks: CorruptChunks.Skip };
            if (!skip) _runs.CheckLength();
            _survey = new RecordSurvey(_layout, _runRecords);
            _loss = LookAtAll(skip);
            _survey.Settle(_layout, cloud.Remarks);
            _remaining = _survey.Points;
            Header = new PointCloudHeader(cloud.Format, _remaining, _layout.Attributes, _survey.Min, _survey.Max, CoordinateReferenceSystem.Unknown)
            {
                Remarks = cloud.Remarks,
            };
            _runs.Rewind();
        }
        catch
        {
            Dispose();
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
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        int wanted = (int)Math.Min(maxPoints, _remaining);
        FirstIndex = Header.PointCount - _remaining;
        int target = checked(columns.Count + wanted);
        while (columns.Count < target)
        {
            // A record is one point or none, so what was asked for is never overrun.
            int records = Math.Min(target - columns.Count, _runRecords);
            Span<byte> run = _buffer.AsSpan(0, records * _runs.Stride);
            run = run[..(_runs.Read(run) * _runs.Stride)];
            int before = columns.Count;
            if (_survey.Points == _survey.Records) _layout.Unpack(run, _runs.Stride, columns);
            else AppendPoints(run, columns);
            _remaining -= columns.Count - before;
        }

        if (_remaining == 0 && _loss is { } loss)
        {
            AddLoss(loss);
            _loss = null;
        }

        return wanted;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        if (_buffer is { } buffer) ArrayPool<byte>.Shared.Return(buffer);
        _buffer = null;
        (_runs as IDisposable)?.Dispose();
        _stream.Dispose();
    }

    private void AppendPoints(ReadOnlySpan<byte> run, PointColumns columns)
    {
        if (_withGaps is null || _withGaps.Attributes != columns.Attributes) _withGaps = new PointColumns(_runRecords, columns.Attributes);
        _kept ??= new int[_runRecords];
        _withGaps.Count = 0;
        _layout.Unpack(run, _runs.Stride, _withGaps);
        int kept = 0;
        for (int i = 0; i < _withGaps.Count; i++)
        {
            _kept[kept] = i;
            if (RecordSurvey.IsPosition(_withGaps.X[i], _withGaps.Y[i], _withGaps.Z[i])) kept++;
        }

        columns.Append(_withGaps, _kept.AsSpan(0, kept));
    }

    private PointLoss? LookAtAll(bool skip)
    {
        _runs.Rewind();
        try
        {
            while (_survey.Records < _runs.Count)
            {
                int records = (int)Math.Min(_runRecords, _runs.Count - _survey.Records);
                Span<byte> run = _buffer.AsSpan(0, records * _runs.Stride);
                _survey.Add(run[..(_runs.Read(run) * _runs.Stride)], _runs.Stride);
            }
        }
        catch (InvalidPointCloudException error) when (skip)
        {
            long at = _runs.Position;
            return new PointLoss(null, at, Math.Max(0, _stream.Length - at), _survey.Points, _runs.Count - _survey.Records, error.Problem);
        }

        return null;
    }
}
