using System.IO.Compression;
using System.Numerics;
using Parquet;
using Parquet.Schema;

namespace BatchSegmenter.Formats.Parquet;

/// <summary>
/// Writes points as Parquet: <c>x y z</c> as doubles, attributes under their LAS names in snake case, flag bits as a column each; zstd. Rows are in
/// the order given, row groups are cut at a fixed count.
/// </summary>
public sealed class ParquetPointWriter : PointCloudWriter
{
    /// <summary>Rows of a row group, all but the last.</summary>
    public const int RowsPerGroup = 1 << 20;

    private readonly List<(DataField Field, Func<ParquetRowGroupWriter, DataField, int, Task> Write)> _columns = [];
    private readonly PointColumns _group;
    private readonly Stream _destination;
    private readonly bool _leaveOpen;
    private readonly int _rowsPerGroup;
    private readonly ParquetWriter _file;
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

        // The level must be said: the library's own default takes twenty times as long.
        ParquetOptions options = new() { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Fastest };
        Add("x", () => _group.X, options);
        Add("y", () => _group.Y, options);
        Add("z", () => _group.Z, options);
        Add("intensity", () => _group.Intensity, options);
        Add("return_number", () => _group.ReturnNumber, options);
        Add("number_of_returns", () => _group.NumberOfReturns, options);
        Add("classification", () => _group.Classification, options);
        if (_group.ClassificationFlags is not null)
            foreach ((string name, ClassificationFlags flag) in ParquetLayout.Flags) AddFlag(name, flag);
        Add("scanner_channel", () => _group.ScannerChannel, options);
        Add("scan_direction_flag", () => _group.ScanDirectionFlag, options);
        Add("edge_of_flight_line", () => _group.EdgeOfFlightLine, options);
        Add("scan_angle", () => _group.ScanAngle, options);
        Add("user_data", () => _group.UserData, options);
        Add("point_source_id", () => _group.PointSourceId, options);
        Add("gps_time", () => _group.GpsTime, options);
        Add("red", () => _group.Red, options);
        Add("green", () => _group.Green, options);
        Add("blue", () => _group.Blue, options);
        Add("nir", () => _group.Nir, options);
        Add("row", () => _group.Row, options);
        Add("column", () => _group.Column, options);
        _file = ParquetWriter.CreateAsync(new ParquetSchema(_columns.Select(column => (Field)column.Field)), destination, options).GetAwaiter().GetResult();
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
        _file.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        if (!_leaveOpen) _destination.Dispose();
    }

    private void WriteGroup()
    {
        using ParquetRowGroupWriter group = _file.CreateRowGroup();
        foreach ((DataField field, Func<ParquetRowGroupWriter, DataField, int, Task> write) in _columns) write(group, field, _group.Count).GetAwaiter().GetResult();
        group.CompleteValidate();
        _group.Count = 0;
    }

    // Floating point is split into its bytes, whose high ones repeat; wide integers become differences. The library writes bytes plainly.
    private void Add<T>(string name, Func<T[]?> values, ParquetOptions options)
        where T : unmanaged, INumber<T>
    {
        if (values() is null) return;
        if (typeof(T) == typeof(double) || typeof(T) == typeof(float)) options.ColumnEncodingHints[name] = EncodingHint.ByteSplitStream;
        else if (typeof(T) != typeof(byte)) options.ColumnEncodingHints[name] = EncodingHint.DeltaBinaryPacked;
        _columns.Add((new DataField(name, typeof(T), false), (group, field, rows) => group.WriteAsync<T>(field, values()!.AsMemory(0, rows))));
    }

    private void AddFlag(string name, ClassificationFlags flag) => _columns.Add((new DataField(name, typeof(bool), false), (group, field, rows) =>
    {
        bool[] values = new bool[rows];
        for (int i = 0; i < rows; i++) values[i] = (_group.ClassificationFlags![i] & flag) != 0;
        return group.WriteAsync<bool>(field, values.AsMemory());
    }));
}
