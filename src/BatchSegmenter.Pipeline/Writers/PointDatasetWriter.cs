using System.Globalization;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>What the dataset of one input holds beside its points.</summary>
/// <param name="Source">The value of <c>source=</c>, as <see cref="Runs.SegmentationInput.Source"/> gives it.</param>
/// <param name="LabelNames">A name for every label 0–255; see <see cref="LabelledPoints.Labels"/>.</param>
/// <param name="Classes">The network's classes in the order of their shares; each gets <c>p_class</c> where probabilities are written.</param>
/// <param name="Options">The columns asked for.</param>
/// <param name="SourceAttributes">The attributes that the source has; columns of others are null.</param>
/// <param name="Metadata">Key-value pairs for the footer: bundle, versions. Neither clock nor run id, or equal runs would differ.</param>
internal sealed record PointDatasetContent(
    string Source, IReadOnlyList<string> LabelNames, IReadOnlyList<string> Classes, PointOutputOptions Options, PointAttributes SourceAttributes,
    IReadOnlyDictionary<string, string> Metadata);

/// <summary>
/// Writes the labelled points of one input as <c>points/source=NAME/part-00000.parquet</c> and so on. Rows are in the order
/// appended; row groups and parts are cut at fixed row counts, so that the bytes depend on the points alone. At most one row
/// group is held. Nothing is visible before <see cref="CommitAsync"/>; parts of an earlier version of the input that are
/// not replaced are removed by it. An input without points gives one file without rows.
/// </summary>
internal sealed class PointDatasetWriter : IAsyncDisposable
{
    /// <summary>Rows of a row group, all but the last of an input.</summary>
    public const int RowsPerGroup = ParquetPointWriter.RowsPerGroup;

    /// <summary>Row groups of a part, all but the last of an input.</summary>
    public const int GroupsPerPart = 32;

    private readonly ObjectStore _outputs;
    private readonly string _folder;
    private readonly DatasetColumn[] _columns;
    private readonly ParquetTableWriter _table;
    private readonly int _classes;
    private readonly int _rowsPerGroup;
    private readonly int _groupsPerPart;
    private readonly List<StagedObject> _parts = [];
    private readonly List<CommittedOutput> _complete = [];
    private HashedStream? _stream;
    private long _written;
    private int _groups;
    private int _rows;

    /// <summary>Prepares to write to <paramref name="outputs"/>; creates no file yet.</summary>
    /// <param name="outputs">Where the run's outputs are.</param>
    /// <param name="content">What the dataset holds.</param>
    /// <param name="rowsPerGroup">Rows of a row group; other values than the default are for tests.</param>
    /// <param name="groupsPerPart">Row groups of a part; other values than the default are for tests.</param>
    public PointDatasetWriter(ObjectStore outputs, PointDatasetContent content, int rowsPerGroup = RowsPerGroup, int groupsPerPart = GroupsPerPart)
    {
        _outputs = outputs;
        _folder = $"points/source={content.Source}/";
        _classes = content.Classes.Count;
        _rowsPerGroup = rowsPerGroup;
        _groupsPerPart = groupsPerPart;
        _columns = [.. Columns(content)];
        _table = new ParquetTableWriter([.. _columns.Select(column => column.Column)], content.Metadata);
    }

    /// <summary>Points appended.</summary>
    public long PointCount { get; private set; }

    /// <summary>Appends a run of points, which must follow the one before.</summary>
    /// <exception cref="ArgumentException">Lengths disagree, or the run does not start where the last ended.</exception>
    /// <exception cref="IOException">The file system is full or gone.</exception>
    public async ValueTask AppendAsync(LabelledPoints points, CancellationToken cancellation = default)
    {
        int count = points.Labels.Length;
        if (points.Confidence.Length != count || points.Offset + count > points.Columns.Count)
            throw new ArgumentException($"{count} labels, {points.Confidence.Length} confidences, {points.Columns.Count - points.Offset} points.", nameof(points));
        if (!points.Probabilities.IsEmpty && points.Probabilities.Length != (long)count * _classes)
            throw new ArgumentException($"{points.Probabilities.Length} shares for {count} points of {_classes} classes.", nameof(points));

        for (int offset = 0; offset < count;)
        {
            int taken = Math.Min(count - offset, _rowsPerGroup - _rows);
            foreach (DatasetColumn column in _columns) column.Gather(points, offset, taken, _rows);
            offset += taken;
            _rows += taken;
            PointCount += taken;
            if (_rows == _rowsPerGroup) await WriteGroupAsync(cancellation);
        }
    }

    /// <summary>Writes what is held: all parts are on disk, and only their names are missing.</summary>
    /// <returns>The rows in the parts.</returns>
    /// <exception cref="IOException">The file system is full or gone.</exception>
    public async Task<long> CompleteAsync(CancellationToken cancellation = default)
    {
        if (_rows > 0) await WriteGroupAsync(cancellation);
        else if (_parts.Count == 0) OpenPart();
        await ClosePartAsync(cancellation);
        return _written;
    }

    /// <summary>Makes the dataset visible, after completing it if need be.</summary>
    /// <returns>The parts, in order.</returns>
    /// <exception cref="IOException">The file system is full or gone.</exception>
    public async Task<IReadOnlyList<CommittedOutput>> CommitAsync(CancellationToken cancellation = default)
    {
        await CompleteAsync(cancellation);
        foreach (StagedObject part in _parts) await part.CommitAsync(CreateCondition.Any, cancellation);
        await RemoveStaleAsync(cancellation);
        return _complete;
    }

    /// <summary>Drops what was not committed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stream is not null) await _stream.DisposeAsync();
        foreach (StagedObject part in _parts) await part.DisposeAsync();
        foreach (DatasetColumn column in _columns) column.Dispose();
        _table.Dispose();
    }

    private static IEnumerable<DatasetColumn> Columns(PointDatasetContent content)
    {
        yield return Double("x", (p, o, t) => p.Columns.X.AsSpan(p.Offset + o, t.Length).CopyTo(t));
        yield return Double("y", (p, o, t) => p.Columns.Y.AsSpan(p.Offset + o, t.Length).CopyTo(t));
        yield return Double("z", (p, o, t) => p.Columns.Z.AsSpan(p.Offset + o, t.Length).CopyTo(t));
        yield return new DatasetColumn<byte>(new("label", ParquetColumnType.Int32), TakeLabels);
        yield return new LabelNameColumn(content.LabelNames);
        yield return Float("confidence", (p, o, t) => p.Confidence.Span.Slice(o, t.Length).CopyTo(t));
        yield return new DatasetColumn<long>(new("point_index", ParquetColumnType.Int64), (p, o, t) =>
        {
            for (int i = 0; i < t.Length; i++) t[i] = p.FirstPointIndex + o + i;
        });

        int classes = content.Classes.Count;
        for (int id = 0; content.Options.Probabilities && id < classes; id++)
        {
            int classId = id;
            yield return Float("p_" + content.Classes[id], (p, o, t) =>
            {
                ReadOnlySpan<float> shares = p.Probabilities.Span;
                for (int i = 0; i < t.Length; i++) t[i] = shares[((o + i) * classes) + classId];
            });
        }

        if (content.Options.Entropy)
        {
            yield return Float("entropy", (p, o, t) =>
            {
                for (int i = 0; i < t.Length; i++) t[i] = Entropy(p.Probabilities.Span.Slice((o + i) * classes, classes));
            });
        }

        foreach (string name in content.Options.Columns) yield return AttributeColumn.Make(name, content.SourceAttributes);
    }

    private static DatasetColumn<double> Double(string name, DatasetColumn<double>.Take take) => new(new(name, ParquetColumnType.Double), take);

    private static DatasetColumn<float> Float(string name, DatasetColumn<float>.Take take) => new(new(name, ParquetColumnType.Float), take);

    private static void TakeLabels(LabelledPoints points, int offset, Span<byte> target)
    {
        ReadOnlySpan<int> labels = points.Labels.Span.Slice(offset, target.Length);
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] > byte.MaxValue) throw new ArgumentException($"Label {labels[i]}; expected 0 to 255.", nameof(points));
            target[i] = (byte)labels[i];
        }
    }

    // In nats; a share of 0 adds nothing.
    private static float Entropy(ReadOnlySpan<float> shares)
    {
        float sum = 0;
        foreach (float share in shares)
            if (share != 0) sum -= share * MathF.Log(share);
        return sum;
    }

    private async Task WriteGroupAsync(CancellationToken cancellation)
    {
        if (_stream is null) OpenPart();
        _table.BeginGroup(_rows);
        foreach (DatasetColumn column in _columns)
        {
            column.Write(_table, _rows);
            await _table.FlushAsync(_stream!, cancellation);
        }

        _written += _rows;
        _rows = 0;
        if (++_groups == _groupsPerPart) await ClosePartAsync(cancellation);
    }

    private void OpenPart()
    {
        StagedObject part = _outputs.Create(NameOf(_parts.Count));
        _parts.Add(part);
        _groups = 0;
        _stream = new HashedStream(part.Stream);
        _table.BeginFile();
    }

    private async Task ClosePartAsync(CancellationToken cancellation)
    {
        if (_stream is null) return;
        _table.EndFile();
        await _table.FlushAsync(_stream, cancellation);
        (long bytes, string sha256) = _stream.Finish();
        await _stream.DisposeAsync();
        _stream = null;
        _complete.Add(new CommittedOutput(NameOf(_complete.Count), bytes, sha256));
        await _parts[^1].CompleteAsync(cancellation);
    }

    private string NameOf(int part) => string.Create(CultureInfo.InvariantCulture, $"{_folder}part-{part:D5}.parquet");

    private async Task RemoveStaleAsync(CancellationToken cancellation)
    {
        await foreach (StoredObject part in _outputs.ListAsync(_folder + "part-", cancellation))
            if (_complete.All(current => current.Name != part.Name)) await _outputs.DeleteAsync(part.Name, cancellation);
    }
}
