namespace BatchSegmenter.Formats.Parquet;

/// <summary>
/// Writes points as Parquet: <c>x y z</c> as doubles, attributes under their LAS names in snake case, flag bits as a column each. Rows are in the order
/// given, row groups are cut at a fixed count.
/// </summary>
public sealed class ParquetPointWriter : PointCloudWriter
{
    /// <summary>Rows of a row group, all but the last: a column's page then stays in a core's cache while it is encoded and compressed.</summary>
    public const int RowsPerGroup = 1 << 18;

    private readonly List<(ParquetColumn Column, Action<ParquetTableWriter, int> Write)> _columns = [];
    private readonly PointColumns _group;
    private readonly Stream _destination;
    private readonly bool _leaveOpen;
    private readonly int _rowsPerGroup;
    private readonly ParquetTableWriter _table;
    private bool[] _flags = [];
    private bool _isComplete;

    /// <summary>Begins a file.</summary>
    /// <param name="destination">Where to write, from its current position on.</param>
    /// <param name="attributes">The columns beside the position; those that points lack are zeros.</param>
    /// <param name="leaveOpen">Whether <paramref name="destination"/> stays open.</param>
    /// <param name="rowsPerGroup">Rows of a row group; other values than the default are for tests.</param>
    public ParquetPointWriter(Stream destination, PointAttributes attributes, bool leaveOpen = false, int rowsPerGroup = RowsPerGroup)
    {
        ArgumentNullException.ThrowIfNull(destination);
        _destination = destination;
        _leaveOpen = leaveOpen;
        _rowsPerGroup = rowsPerGroup;
        _group = new PointColumns(0, attributes);
        Add("x", ParquetColumnType.Double, () => _group.X);
        Add("y", ParquetColumnType.Double, () => _group.Y);
        Add("z", ParquetColumnType.Double, () => _group.Z);
        Add("intensity", ParquetColumnType.UInt16, () => _group.Intensity);
        Add("return_number", ParquetColumnType.UInt8, () => _group.ReturnNumber);
        Add("number_of_returns", ParquetColumnType.UInt8, () => _group.NumberOfReturns);
        Add("classification", ParquetColumnType.UInt8, () => _group.Classification);
        if (_group.ClassificationFlags is not null)
            foreach ((string name, ClassificationFlags flag) in ParquetLayout.Flags) AddFlag(name, flag);
        Add("scanner_channel", ParquetColumnType.UInt8, () => _group.ScannerChannel);
        Add("scan_direction_flag", ParquetColumnType.UInt8, () => _group.ScanDirectionFlag);
        Add("edge_of_flight_line", ParquetColumnType.UInt8, () => _group.EdgeOfFlightLine);
        Add("scan_angle", ParquetColumnType.Float, () => _group.ScanAngle);
        Add("user_data", ParquetColumnType.UInt8, () => _group.UserData);
        Add("point_source_id", ParquetColumnType.UInt16, () => _group.PointSourceId);
        Add("gps_time", ParquetColumnType.Double, () => _group.GpsTime);
        Add("red", ParquetColumnType.UInt16, () => _group.Red);
        Add("green", ParquetColumnType.UInt16, () => _group.Green);
        Add("blue", ParquetColumnType.UInt16, () => _group.Blue);
        Add("nir", ParquetColumnType.UInt16, () => _group.Nir);
        Add("row", ParquetColumnType.Int32, () => _group.Row);
        Add("column", ParquetColumnType.Int32, () => _group.Column);
        _table = new ParquetTableWriter([.. _columns.Select(column => column.Column)]);
        _table.BeginFile();
    }

    /// <inheritdoc/>
    public override void Write(PointColumns columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        for (int done = 0; done < columns.Count;)
        {
            int count = Math.Min(columns.Count - done, _rowsPerGroup - _group.Count);
            _group.Append(columns, done, count);
            done += count;
            PointCount += count;
            if (_group.Count == _rowsPerGroup) WriteGroup();
        }
    }

    /// <inheritdoc/>
    public override void Complete()
    {
        if (_isComplete) return;
        if (_group.Count > 0) WriteGroup();
        _isComplete = true;
        _table.EndFile();
        _table.Flush(_destination);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _table.Dispose();
        if (!_leaveOpen) _destination.Dispose();
    }

    private void WriteGroup()
    {
        _table.BeginGroup(_group.Count);
        foreach ((_, Action<ParquetTableWriter, int> write) in _columns)
        {
            write(_table, _group.Count);
            _table.Flush(_destination);
        }

        _group.Count = 0;
    }

    private void Add<T>(string name, ParquetColumnType type, Func<T[]?> values)
        where T : unmanaged
    {
        if (values() is not null) _columns.Add((new ParquetColumn(name, type), (table, rows) => table.Write<T>(values().AsSpan(0, rows))));
    }

    private void AddFlag(string name, ClassificationFlags flag) => _columns.Add((new ParquetColumn(name, ParquetColumnType.Boolean), (table, rows) =>
    {
        if (_flags.Length < rows) _flags = new bool[rows];
        for (int i = 0; i < rows; i++) _flags[i] = (_group.ClassificationFlags![i] & flag) != 0;
        table.Write<bool>(_flags.AsSpan(0, rows));
    }));
}
