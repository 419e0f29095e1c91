namespace BatchSegmenter.Formats.E57;

/// <summary>Turns the records of one scan into points: a run of records at a time, field by field.</summary>
internal sealed class E57ScanReader
{
    private const int RunLength = 4096;

    private static readonly string[] Cartesian = ["cartesianX", "cartesianY", "cartesianZ"];
    private static readonly string[] Spherical = ["sphericalRange", "sphericalAzimuth", "sphericalElevation"];
    private static readonly string[] Others =
    [
        "intensity", "isIntensityInvalid", "colorRed", "colorGreen", "colorBlue", "isColorInvalid", "rowIndex", "columnIndex", "timeStamp",
        "returnIndex", "returnCount", "classification",
    ];

    private readonly E57Scan _scan;
    private readonly E57Records _records;
    private readonly E57ByteStream[] _position;
    private readonly E57ByteStream? _state;
    private readonly E57ByteStream?[] _others;
    private readonly E57Scaling[] _scalings;
    private readonly double[] _values = new double[RunLength];
    private readonly double[] _states = new double[RunLength];

    public E57ScanReader(E57Pages pages, E57Scan scan, string path)
    {
        _scan = scan;
        string[] position = scan.IsCartesian ? Cartesian : Spherical;
        HashSet<E57Field?> wanted = [.. position.Concat(Others).Append(scan.InvalidState ?? "").Select(scan.Find)];
        _records = new E57Records(pages, scan, path, wanted.Contains);
        _position = [.. position.Select(name => _records[name]!)];
        _state = scan.InvalidState is { } state ? _records[state] : null;
        _others = [.. Others.Select(name => _records[name])];
        _scalings =
        [
            .. ((int[])[0, 2, 3, 4]).Select(i => _others[i] is not { Field: var field } ? default
                : i == 0 ? E57Scaling.OfIntensity(scan, field) : E57Scaling.OfColor(scan, field)),
        ];
    }

    /// <summary>Physical offset of the packet that is read next.</summary>
    public long Offset => _records.Offset;

    /// <summary>Points of a scan: its records but those without a position, for which its packets are read.</summary>
    /// <param name="pages">The file.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="skipDamage">Whether records that cannot be read count as points instead of an exception.</param>
    public static long Count(E57Pages pages, E57Scan scan, string path, bool skipDamage)
    {
        long points = 0;
        E57Records? records = null;
        try
        {
            records = new E57Records(pages, scan, path, field => scan.InvalidState is { } state && ReferenceEquals(field, scan.Find(state)));
            if (scan.InvalidState is null) return scan.Records;
            E57ByteStream stream = records[scan.InvalidState]!;
            double[] states = new double[RunLength];
            for (int count; (count = records.Next(RunLength)) > 0;)
            {
                stream.Decode(states.AsSpan(0, count));
                points += states.AsSpan(0, count).Count(0.0);
            }

            return points;
        }
        catch (InvalidPointCloudException) when (skipDamage)
        {
            return points + (records?.Remaining ?? scan.Records);
        }
    }

    /// <summary>Appends at most <paramref name="max"/> points; fewer, or none, where records have no position.</summary>
    /// <returns>Whether there were records left.</returns>
    public bool Read(PointColumns columns, int max)
    {
        int count = _records.Next(Math.Min(max, RunLength)), at = columns.Count;
        if (count == 0) return false;
        columns.EnsureCapacity(checked(at + count));
        Span<double> x = columns.X.AsSpan(at, count), y = columns.Y.AsSpan(at, count), z = columns.Z.AsSpan(at, count);
        _position[0].Decode(x);
        _position[1].Decode(y);
        _position[2].Decode(z);
        if (_scan.IsSpherical) ToCartesian(x, y, z);
        _scan.Pose?.Apply(x, y, z);

        Scale(0, columns.Intensity, at, count, 0);
        Clear(1, at, count, columns.Intensity);
        Scale(2, columns.Red, at, count, 1);
        Scale(3, columns.Green, at, count, 2);
        Scale(4, columns.Blue, at, count, 3);
        Clear(5, at, count, columns.Red, columns.Green, columns.Blue);
        Integers(6, columns.Row, at, count);
        Integers(7, columns.Column, at, count);
        Doubles(8, columns.GpsTime, at, count);
        Bytes(9, columns.ReturnNumber, at, count, 1);
        Bytes(10, columns.NumberOfReturns, at, count, 0);
        if (columns is { ReturnNumber: { } numbers, NumberOfReturns: { } returns }) KeepWithin(numbers.AsSpan(at, count), returns.AsSpan(at, count));
        Bytes(11, columns.Classification, at, count, 0);
        columns.PointSourceId?.AsSpan(at, count).Fill((ushort)Math.Min(_scan.Number, ushort.MaxValue));
        ClearAbsent(columns, at, count);
        columns.Count = at + (_state is null ? count : KeepPositioned(_state, columns, at, count));
        return true;
    }

    private static void ToCartesian(Span<double> ranges, Span<double> azimuths, Span<double> elevations)
    {
        for (int i = 0; i < ranges.Length; i++)
        {
            (double sinAzimuth, double cosAzimuth) = Math.SinCos(azimuths[i]);
            (double sinElevation, double cosElevation) = Math.SinCos(elevations[i]);
            double range = ranges[i];
            ranges[i] = range * cosElevation * cosAzimuth;
            azimuths[i] = range * cosElevation * sinAzimuth;
            elevations[i] = range * sinElevation;
        }
    }

    /// <summary>The next values of a field; empty where the field, or the column for it, is not there.</summary>
    private ReadOnlySpan<double> Take<T>(int field, T[]? column, int at, int count)
    {
        if (_others[field] is not { } stream)
        {
            column.AsSpan(column is null ? 0 : at, column is null ? 0 : count).Clear();
            return [];
        }

        if (column is null)
        {
            stream.Skip(count);
            return [];
        }

        stream.Decode(_values.AsSpan(0, count));
        return _values.AsSpan(0, count);
    }

    private void Scale(int field, ushort[]? column, int at, int count, int scaling)
    {
        ReadOnlySpan<double> values = Take(field, column, at, count);
        if (values.Length > 0) _scalings[scaling].Apply(values, column.AsSpan(at));
    }

    private void Doubles(int field, double[]? column, int at, int count) => Take(field, column, at, count).CopyTo(column is null ? [] : column.AsSpan(at));

    private void Integers(int field, int[]? column, int at, int count)
    {
        ReadOnlySpan<double> values = Take(field, column, at, count);
        for (int i = 0; i < values.Length; i++) column![at + i] = (int)Math.Clamp(values[i], int.MinValue, int.MaxValue);
    }

    private void Bytes(int field, byte[]? column, int at, int count, int shift)
    {
        ReadOnlySpan<double> values = Take(field, column, at, count);
        for (int i = 0; i < values.Length; i++) column![at + i] = (byte)Math.Clamp(values[i] + shift, 0, byte.MaxValue);
    }

    /// <summary>The standard counts returns from 0, but some writers from 1: no point is the second of one return.</summary>
    private static void KeepWithin(Span<byte> numbers, ReadOnlySpan<byte> returns)
    {
        for (int i = 0; i < numbers.Length; i++)
            if (returns[i] > 0) numbers[i] = Math.Min(numbers[i], returns[i]);
    }

    /// <summary>Zeroes the values that a flag of their own calls invalid.</summary>
    private void Clear(int flag, int at, int count, params ReadOnlySpan<ushort[]?> columns)
    {
        if (_others[flag] is not { } stream) return;
        stream.Decode(_values.AsSpan(0, count));
        foreach (ushort[]? column in columns)
        {
            if (column is null) continue;
            for (int i = 0; i < count; i++)
                if (_values[i] != 0) column[at + i] = 0;
        }
    }

    private static void ClearAbsent(PointColumns columns, int at, int count)
    {
        columns.ClassificationFlags?.AsSpan(at, count).Clear();
        columns.ScannerChannel?.AsSpan(at, count).Clear();
        columns.ScanDirectionFlag?.AsSpan(at, count).Clear();
        columns.EdgeOfFlightLine?.AsSpan(at, count).Clear();
        columns.ScanAngle?.AsSpan(at, count).Clear();
        columns.UserData?.AsSpan(at, count).Clear();
        columns.Nir?.AsSpan(at, count).Clear();
    }

    private int KeepPositioned(E57ByteStream state, PointColumns columns, int at, int count)
    {
        Span<double> states = _states.AsSpan(0, count);
        state.Decode(states);
        int kept = states.Count(0.0);
        if (kept == count) return kept;
        Keep(columns.X, states, at);
        Keep(columns.Y, states, at);
        Keep(columns.Z, states, at);
        Keep(columns.Intensity, states, at);
        Keep(columns.Red, states, at);
        Keep(columns.Green, states, at);
        Keep(columns.Blue, states, at);
        Keep(columns.Row, states, at);
        Keep(columns.Column, states, at);
        Keep(columns.GpsTime, states, at);
        Keep(columns.ReturnNumber, states, at);
        Keep(columns.NumberOfReturns, states, at);
        Keep(columns.Classification, states, at);
        return kept;
    }

    private static void Keep<T>(T[]? column, ReadOnlySpan<double> states, int at)
    {
        if (column is null) return;
        int to = at;
        for (int i = 0; i < states.Length; i++)
            if (states[i] == 0) column[to++] = column[at + i];
    }
}
