using System.Numerics;
using System.Security.Cryptography;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Formats;

/// <summary>One pass over all points of a file: bounds, class counts, and on request the records' checksum and each attribute's range.</summary>
internal sealed class InspectionPass
{
    private const int RunPoints = 4096;
    private readonly PointCloudReader _reader;
    private readonly LasReader? _las;
    private readonly IncrementalHash? _hash;
    private readonly long[]? _classes;
    private readonly bool _withStatistics;
    private readonly PointColumns _columns;
    private readonly Dictionary<string, Range> _ranges = [];

    /// <param name="reader">The file, nothing of it read yet.</param>
    /// <param name="withStatistics">Whether to look at every attribute.</param>
    /// <param name="withChecksum">Whether to hash the records (LAS alone has them).</param>
    public InspectionPass(PointCloudReader reader, bool withStatistics, bool withChecksum)
    {
        _reader = reader;
        _las = reader as LasReader;
        _hash = withChecksum && _las is not null ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        _withStatistics = withStatistics;
        PointAttributes classes = reader.Header.Attributes & PointAttributes.Classification;
        _classes = classes != 0 ? new long[256] : null;
        _columns = new PointColumns(RunPoints, withStatistics ? reader.Header.Attributes : classes);
    }

    /// <summary>The box of the points; null where there are none.</summary>
    public PointCloudInspection.Box? Bounds =>
        _ranges.Count == 0 ? null : PointCloudInspection.Box.Of((_ranges["x"].Min, _ranges["y"].Min, _ranges["z"].Min), (_ranges["x"].Max, _ranges["y"].Max, _ranges["z"].Max));

    /// <summary>Points of each class code; null where the file has no classes.</summary>
    public SortedDictionary<int, long>? Classification { get; private set; }

    /// <summary>SHA-256 of the records in hexadecimal; null unless asked for.</summary>
    public string? RecordsSha256 { get; private set; }

    /// <summary>Each attribute's range; null unless asked for.</summary>
    public Dictionary<string, PointCloudInspection.Statistics>? Stats =>
        _withStatistics ? _ranges.ToDictionary(range => range.Key, range => range.Value.ToStatistics()) : null;

    /// <summary>Reads all points.</summary>
    public void Run(CancellationToken cancellation)
    {
        byte[] records = _hash is null ? [] : new byte[RunPoints * _las!.Las.RecordLength];
        while (ReadRun(records) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_classes is not null)
                foreach (byte code in _columns.Classification.AsSpan(0, _columns.Count)) _classes[code]++;
            foreach ((string name, Array column) in AttributeColumns.Of(_columns))
            {
                if (!_ranges.TryGetValue(name, out Range? range)) _ranges.Add(name, range = new Range());
                range.Add(column, _columns.Count);
            }
        }

        if (_classes is not null)
            Classification = new(_classes.Select((count, code) => (count, code)).Where(entry => entry.count > 0).ToDictionary(entry => entry.code, entry => entry.count));
        if (_hash is not null) RecordsSha256 = Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    private int ReadRun(byte[] records)
    {
        _columns.Count = 0;
        if (_hash is null) return _reader.Read(_columns, RunPoints);
        int points = _las!.ReadRecords(records);
        ReadOnlySpan<byte> read = records.AsSpan(0, points * _las.Las.RecordLength);
        _hash.AppendData(read);
        LasRecordUnpacker.Unpack(read, points, _las.Las, _las.Format, _columns);
        return points;
    }

    private sealed class Range
    {
        private double _sum;
        private long _count;

        public double Min { get; private set; } = double.PositiveInfinity;

        public double Max { get; private set; } = double.NegativeInfinity;

        public PointCloudInspection.Statistics ToStatistics() =>
            _count == 0 ? new(double.NaN, double.NaN, double.NaN) : new(Min, Max, _sum / _count);

        public void Add(Array column, int count)
        {
            switch (column)
            {
                case double[] values: AddFloating<double>(values.AsSpan(0, count)); break;
                case float[] values: AddFloating<float>(values.AsSpan(0, count)); break;
                case ushort[] values: AddIntegers<ushort>(values.AsSpan(0, count)); break;
                case int[] values: AddIntegers<int>(values.AsSpan(0, count)); break;
                default: AddIntegers<byte>(((byte[])(object)column).AsSpan(0, count)); break; // class flags are bytes to the runtime
            }
        }

        private void AddFloating<T>(ReadOnlySpan<T> values)
            where T : IFloatingPoint<T>
        {
            foreach (T value in values)
            {
                if (T.IsNaN(value)) continue;
                double number = double.CreateTruncating(value);
                if (number < Min) Min = number;
                if (number > Max) Max = number;
                _sum += number;
                _count++;
            }
        }

        private void AddIntegers<T>(ReadOnlySpan<T> values)
            where T : IBinaryInteger<T>, IMinMaxValue<T>
        {
            if (values.IsEmpty) return;
            T min = T.MaxValue, max = T.MinValue;
            long sum = 0;
            foreach (T value in values)
            {
                min = T.Min(min, value);
                max = T.Max(max, value);
                sum += long.CreateTruncating(value);
            }

            Min = Math.Min(Min, double.CreateTruncating(min));
            Max = Math.Max(Max, double.CreateTruncating(max));
            _sum += sum;
            _count += values.Length;
        }
    }
}
