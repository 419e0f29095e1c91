using Parquet;

namespace BatchSegmenter.Formats.Parquet;

/// <summary>
/// Reads points from Parquet: our own datasets, or any file with the columns x, y and z. A row group is decoded at a time, of it the
/// columns asked for alone.
/// </summary>
public sealed class ParquetPointReader : PointCloudReader
{
    /// <summary>Rows of a row group, the most that are decoded at once.</summary>
    public const int MaxRowsPerGroup = 1 << 24;

    // A column of one value over and over takes but a few bytes, yet three such are no cloud: what a small file promises is not believed.
    private const int BelievedRows = 1 << 20, RowsPerByte = 64;

    // The library says so too that the content is not Parquet; the system's own faults carry a code.
    private const int PlainIOException = unchecked((int)0x80131620);

    private readonly Stream? _stream;
    private readonly string[] _paths;
    private readonly long _count;
    private PointColumns? _group;
    private int _given;
    private int _part = -1;
    private int _nextGroup;
    private long _decoded;
    private ParquetReader? _file;
    private long _length;
    private ParquetLayout? _layout;

    /// <summary>Opens a file in a seekable stream, which is closed with the reader (also where this throws).</summary>
    /// <param name="stream">The file's bytes from position 0 on.</param>
    /// <param name="path">The name that messages give.</param>
    /// <exception cref="PointCloudException">It is no Parquet file with points, or damaged or not supported.</exception>
    public ParquetPointReader(Stream stream, string path)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(path);
        _stream = stream;
        _paths = [path];
        (Header, _count) = ReadHeader();
    }

    /// <summary>Opens a folder of parts, read in the order of their names as one cloud.</summary>
    /// <param name="folder">The folder; see <see cref="PointDatasetFolder"/>.</param>
    /// <exception cref="PointCloudException">It has no parts, or one has no points, is damaged or not supported.</exception>
    /// <exception cref="IOException">A part cannot be opened.</exception>
    public ParquetPointReader(string folder)
    {
        _paths = [.. PointDatasetFolder.Parts(folder)];
        if (_paths.Length == 0) throw new UnsupportedPointCloudException(folder, null, "a folder without .parquet files, the only format that may consist of several files.");
        (Header, _count) = ReadHeader();
    }

    /// <inheritdoc/>
    public override PointCloudHeader Header { get; }

    /// <inheritdoc/>
    public override long Remaining => _count - _decoded + ((_group?.Count ?? 0) - _given);

    /// <inheritdoc/>
    public override int Read(PointColumns columns, int maxPoints)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(maxPoints);
        if (_group is not null && (columns.Attributes & ~_group.Attributes) != 0)
            throw new InvalidOperationException($"{columns.Attributes} are asked for, but {_group.Attributes} were before; ask for the same attributes from the first read on.");
        _group ??= new PointColumns(0, columns.Attributes);
        while (_given == _group.Count)
            if (maxPoints == 0 || !ReadGroup(_group)) return 0;
        int count = Math.Min(maxPoints, _group.Count - _given);
        FirstIndex = _decoded - _group.Count + _given;
        columns.Append(_group, _given, count);
        _given += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        Close();
        _stream?.Dispose();
    }

    private (PointCloudHeader Header, long Count) ReadHeader()
    {
        try
        {
            long count = 0;
            PointAttributes attributes = PointAttributes.None;
            IReadOnlyList<string> remarks = [];
            Span<(double Min, double Max)> bounds = [default, default, default];
            string[] axes = ["x", "y", "z"];
            for (int part = 0; part < _paths.Length; part++)
            {
                Open(part);
                long rows = Guard(() => _file!.RowGroups.Sum(group => CheckedRows(group.RowCount)));
                attributes |= _layout!.Found;
                if (part == 0) remarks = _layout.Remarks;
                for (int axis = 0; axis < 3; axis++)
                {
                    (double min, double max) = Guard(() => _layout.Range(_file!, axes[axis]));
                    bounds[axis] = count == 0 ? (min, max) : rows == 0 ? bounds[axis] : (Math.Min(bounds[axis].Min, min), Math.Max(bounds[axis].Max, max));
                }

                count += rows;
            }

            Close();
            PointCloudHeader header = new(
                "parquet", count, attributes, (bounds[0].Min, bounds[1].Min, bounds[2].Min), (bounds[0].Max, bounds[1].Max, bounds[2].Max),
                CoordinateReferenceSystem.Unknown)
            {
                Remarks = remarks,
            };
            return (header, count);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private bool ReadGroup(PointColumns group)
    {
        while (_file is null || _nextGroup == _file.RowGroupCount)
        {
            if (_part + 1 == _paths.Length) return false;
            Open(_part + 1);
        }

        group.Count = 0;
        _given = 0;
        Guard(() =>
        {
            using ParquetRowGroupReader rows = _file!.OpenRowGroupReader(_nextGroup);
            _layout!.Read(rows, _paths[_part], _decoded, group);
            return 0;
        });
        _nextGroup++;
        _decoded += group.Count;
        if (_decoded > _count)
            throw new InvalidPointCloudException(_paths[_part], null, $"the file has more rows now than the {_count} that it had when it was opened. It has been changed.");
        return true;
    }

    private void Open(int part)
    {
        Close();
        _part = part;
        _nextGroup = 0;
        Stream? own = _stream is null
            ? new FileStream(_paths[part], FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan)
            : null;
        try
        {
            _length = (own ?? _stream!).Length;
            ParquetSource source = Guard(() => new ParquetSource(own ?? _stream!, _paths[part], leaveOpen: own is null));
            _file = Guard(() => ParquetReader.CreateAsync(source, leaveStreamOpen: false).GetAwaiter().GetResult());
            _layout = Guard(() => new ParquetLayout(_file, _paths[part]));
        }
        catch
        {
            own?.Dispose();
            throw;
        }
    }

    // Nothing in it is asynchronous for a reader.
    private void Close()
    {
        _file?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _file = null;
        _part = -1;
    }

    private long CheckedRows(long rows)
    {
        if (rows < 0) throw new InvalidPointCloudException(_paths[_part], null, $"a row group of {rows} rows.");
        if (rows > MaxRowsPerGroup)
            throw new UnsupportedPointCloudException(
                _paths[_part], null, $"a row group of {rows} rows; {MaxRowsPerGroup} are decoded at most. Write the file again with smaller row groups.");
        if (rows > BelievedRows && rows / RowsPerByte > _length)
            throw new InvalidPointCloudException(_paths[_part], null, $"a row group of {rows} rows in a file of {_length} bytes. The file is corrupt.");
        return rows;
    }

    /// <summary>A damaged Parquet file shows itself in many kinds of exception, those of array bounds and of memory among them.</summary>
    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception fault) when (fault is NotSupportedException or NotImplementedException)
        {
            throw new UnsupportedPointCloudException(_paths[_part], null, $"a Parquet feature that is not read: {fault.Message}", fault);
        }
        catch (Exception fault) when (fault is not (PointCloudException or IOException or UnauthorizedAccessException) || fault is EndOfStreamException or IOException { HResult: PlainIOException })
        {
            throw new InvalidPointCloudException(_paths[_part], null, $"the Parquet file cannot be decoded: {fault.Message.TrimEnd('.')}. It is corrupt or truncated.", fault);
        }
    }
}
