namespace BatchSegmenter.Formats.Records;

/// <summary>What all records of a file have in common: how many are points, their box, and the ranges that tell units.</summary>
internal sealed class RecordSurvey
{
    private readonly PointColumns _positions;
    private readonly RecordField[] _ranged;
    private readonly (double Min, double Max, bool Whole)[] _ranges;
    private readonly double[] _values;
    private readonly RecordLayout _positionLayout;

    /// <param name="layout">What the records hold.</param>
    /// <param name="runRecords">The most records of one run.</param>
    public RecordSurvey(RecordLayout layout, int runRecords)
    {
        _positionLayout = new RecordLayout(layout.Fields.Where(field => field.Meaning <= PointField.Z));
        _ranged = [.. layout.Fields.Where(IsRanged)];
        _ranges = [.. _ranged.Select(_ => (double.PositiveInfinity, double.NegativeInfinity, true))];
        _positions = new PointColumns(runRecords, PointAttributes.None);
        _values = _ranged.Length == 0 ? [] : new double[runRecords];
    }

    /// <summary>Records seen.</summary>
    public long Records { get; private set; }

    /// <summary>Those of them that have a position.</summary>
    public long Points { get; private set; }

    /// <summary>Lower corner of the points; NaN without any.</summary>
    public (double X, double Y, double Z) Min { get; private set; } = (double.NaN, double.NaN, double.NaN);

    /// <summary>Upper corner of the points; NaN without any.</summary>
    public (double X, double Y, double Z) Max { get; private set; } = (double.NaN, double.NaN, double.NaN);

    /// <summary>Whether a record with these coordinates is a point.</summary>
    public static bool IsPosition(double x, double y, double z) => double.IsFinite(x) && double.IsFinite(y) && double.IsFinite(z);

    /// <summary>Looks at the next run.</summary>
    public void Add(ReadOnlySpan<byte> records, int stride)
    {
        _positions.Count = 0;
        _positionLayout.Unpack(records, stride, _positions);
        int count = _positions.Count;
        Records += count;
        AddPositions(_positions.X.AsSpan(0, count), _positions.Y.AsSpan(0, count), _positions.Z.AsSpan(0, count));
        for (int i = 0; i < _ranged.Length; i++)
        {
            Span<double> values = _values.AsSpan(0, count);
            ScalarColumn.Unpack(records, stride, _ranged[i], values);
            (double min, double max, bool whole) = _ranges[i];
            foreach (double value in values)
            {
                if (!double.IsFinite(value)) continue;
                min = Math.Min(min, value);
                max = Math.Max(max, value);
                whole &= value == Math.Floor(value);
            }

            _ranges[i] = (min, max, whole);
        }
    }

    /// <summary>Gives the layout's fields the scales that the ranges call for, and says what was assumed.</summary>
    public void Settle(RecordLayout layout, List<string> remarks)
    {
        if (Points < Records) remarks.Add($"{Records - Points} of {Records} records have no finite x, y and z; they are no points and are left out.");
        SettleColors(layout, remarks);
        for (int i = 0; i < _ranged.Length; i++)
        {
            RecordField field = _ranged[i];
            (double min, double max, bool whole) = _ranges[i];
            if (field.Meaning == PointField.Intensity && min >= 0 && max <= 1 && !whole)
            {
                layout[PointField.Intensity] = field with { Scale = ushort.MaxValue };
                remarks.Add($"{field.Name} is within 0 and 1; it is scaled to 0–65535.");
            }
            else if (field.Meaning == PointField.Classification && (min < 0 || max > byte.MaxValue))
            {
                layout[PointField.Classification] = null;
                if (max >= min) remarks.Add($"{field.Name} ranges from {min:R} to {max:R}, beyond the class codes 0–255; it is left out.");
            }
        }
    }

    private static bool IsRanged(RecordField field) => field.Meaning switch
    {
        PointField.Intensity => field.Declared.IsFloat(),
        PointField.Classification => field.Declared != ScalarType.UInt8 || field.Stored != ScalarType.UInt8,
        PointField.Red or PointField.Green or PointField.Blue => field.Declared is not (ScalarType.UInt8 or ScalarType.UInt16),
        _ => false,
    };

    private void AddPositions(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> z)
    {
        (double minX, double minY, double minZ) = Min;
        (double maxX, double maxY, double maxZ) = Max;
        int points = 0;
        for (int i = 0; i < x.Length; i++)
        {
            if (!IsPosition(x[i], y[i], z[i])) continue;
            points++;
            minX = x[i] >= minX ? minX : x[i]; // NaN, the box of no point, gives way
            minY = y[i] >= minY ? minY : y[i];
            minZ = z[i] >= minZ ? minZ : z[i];
            maxX = x[i] <= maxX ? maxX : x[i];
            maxY = y[i] <= maxY ? maxY : y[i];
            maxZ = z[i] <= maxZ ? maxZ : z[i];
        }

        Points += points;
        Min = (minX, minY, minZ);
        Max = (maxX, maxY, maxZ);
    }

    /// <summary>Bytes become the upper half of 16 bits, as LAS has it; fractions of 1 all 16 bits.</summary>
    private void SettleColors(RecordLayout layout, List<string> remarks)
    {
        if (layout[PointField.Red] is not { } red || layout[PointField.Green] is not { } green || layout[PointField.Blue] is not { } blue) return;
        double max = double.NegativeInfinity;
        for (int i = 0; i < _ranged.Length; i++)
            if (_ranged[i].Meaning is PointField.Red or PointField.Green or PointField.Blue) max = Math.Max(max, _ranges[i].Max);
        foreach (RecordField field in new[] { red, green, blue })
        {
            double scale = field.Declared switch
            {
                ScalarType.UInt8 => 256,
                ScalarType.UInt16 => 1,
                var type when type.IsFloat() && max <= 1 => ushort.MaxValue,
                _ when max <= byte.MaxValue => 256,
                _ => 1,
            };
            layout[field.Meaning] = field with { Scale = scale };
        }

        if (max >= 0) remarks.Add($"colours of type {red.Declared} up to {max:R}: taken as {(layout[PointField.Red]!.Scale switch { 256 => "bytes", 1 => "16-bit values", _ => "fractions of 1" })}.");
    }
}
