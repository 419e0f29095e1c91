namespace BatchSegmenter.Formats;

/// <summary>
/// Decoded points, one array per attribute (structure of arrays). Arrays may be longer than <see cref="Count"/>;
/// only the first <see cref="Count"/> elements are points. Attributes that a source lacks, or that were not asked for, are null.
/// </summary>
public sealed class PointColumns
{
    /// <summary>Makes room for <paramref name="capacity"/> points with the given attributes; <see cref="Count"/> is 0.</summary>
    public PointColumns(int capacity, PointAttributes attributes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        Attributes = attributes;
        X = new double[capacity];
        Y = new double[capacity];
        Z = new double[capacity];
        Allocate(capacity);
    }

    /// <summary>Points held.</summary>
    public int Count { get; set; }

    /// <summary>Points that there is room for.</summary>
    public int Capacity => X.Length;

    /// <summary>The attributes whose arrays are there.</summary>
    public PointAttributes Attributes { get; }

    /// <summary>Easting (or first axis) in the file's own CRS and units.</summary>
    public double[] X { get; private set; }

    /// <summary>Northing (or second axis) in the file's own CRS and units.</summary>
    public double[] Y { get; private set; }

    /// <summary>Height in the file's own CRS and units.</summary>
    public double[] Z { get; private set; }

    /// <inheritdoc cref="PointAttributes.Intensity"/>
    public ushort[]? Intensity { get; private set; }

    /// <inheritdoc cref="PointAttributes.ReturnNumber"/>
    public byte[]? ReturnNumber { get; private set; }

    /// <inheritdoc cref="PointAttributes.NumberOfReturns"/>
    public byte[]? NumberOfReturns { get; private set; }

    /// <inheritdoc cref="PointAttributes.Classification"/>
    public byte[]? Classification { get; private set; }

    /// <inheritdoc cref="PointAttributes.ClassificationFlags"/>
    public ClassificationFlags[]? ClassificationFlags { get; private set; }

    /// <inheritdoc cref="PointAttributes.ScannerChannel"/>
    public byte[]? ScannerChannel { get; private set; }

    /// <inheritdoc cref="PointAttributes.ScanDirectionFlag"/>
    public byte[]? ScanDirectionFlag { get; private set; }

    /// <inheritdoc cref="PointAttributes.EdgeOfFlightLine"/>
    public byte[]? EdgeOfFlightLine { get; private set; }

    /// <inheritdoc cref="PointAttributes.ScanAngle"/>
    public float[]? ScanAngle { get; private set; }

    /// <inheritdoc cref="PointAttributes.UserData"/>
    public byte[]? UserData { get; private set; }

    /// <inheritdoc cref="PointAttributes.PointSourceId"/>
    public ushort[]? PointSourceId { get; private set; }

    /// <inheritdoc cref="PointAttributes.GpsTime"/>
    public double[]? GpsTime { get; private set; }

    /// <summary>Red, 16 bits, as stored.</summary>
    public ushort[]? Red { get; private set; }

    /// <summary>Green, 16 bits, as stored.</summary>
    public ushort[]? Green { get; private set; }

    /// <summary>Blue, 16 bits, as stored.</summary>
    public ushort[]? Blue { get; private set; }

    /// <inheritdoc cref="PointAttributes.Nir"/>
    public ushort[]? Nir { get; private set; }

    /// <summary>Row of the scan's own raster, from 0.</summary>
    public int[]? Row { get; private set; }

    /// <summary>Column of the scan's own raster, from 0.</summary>
    public int[]? Column { get; private set; }

    /// <summary>Grows every array to at least <paramref name="capacity"/> points; the points held stay.</summary>
    public void EnsureCapacity(int capacity)
    {
        if (capacity <= Capacity) return;
        int grown = (int)Math.Min(Array.MaxLength, Math.Max(capacity, 2L * Capacity));
        X = Grow(X, grown);
        Y = Grow(Y, grown);
        Z = Grow(Z, grown);
        Allocate(grown);
    }

    /// <summary>Appends the points <paramref name="indices"/> of <paramref name="from"/>, growing as needed.</summary>
    /// <param name="from">Columns with at least the attributes of this one.</param>
    /// <param name="indices">Indices of points of <paramref name="from"/>, in the order in which they are appended.</param>
    /// <exception cref="ArgumentException"><paramref name="from"/> lacks an attribute.</exception>
    public void Append(PointColumns from, ReadOnlySpan<int> indices)
    {
        Require(from);
        EnsureCapacity(Count + indices.Length);
        Gather(from.X, X, indices);
        Gather(from.Y, Y, indices);
        Gather(from.Z, Z, indices);
        Gather(from.Intensity, Intensity, indices);
        Gather(from.ReturnNumber, ReturnNumber, indices);
        Gather(from.NumberOfReturns, NumberOfReturns, indices);
        Gather(from.Classification, Classification, indices);
        Gather(from.ClassificationFlags, ClassificationFlags, indices);
        Gather(from.ScannerChannel, ScannerChannel, indices);
        Gather(from.ScanDirectionFlag, ScanDirectionFlag, indices);
        Gather(from.EdgeOfFlightLine, EdgeOfFlightLine, indices);
        Gather(from.ScanAngle, ScanAngle, indices);
        Gather(from.UserData, UserData, indices);
        Gather(from.PointSourceId, PointSourceId, indices);
        Gather(from.GpsTime, GpsTime, indices);
        Gather(from.Red, Red, indices);
        Gather(from.Green, Green, indices);
        Gather(from.Blue, Blue, indices);
        Gather(from.Nir, Nir, indices);
        Gather(from.Row, Row, indices);
        Gather(from.Column, Column, indices);
        Count += indices.Length;
    }

    /// <summary>Appends all points of <paramref name="from"/>, growing as needed.</summary>
    /// <param name="from">Columns with at least the attributes of this one.</param>
    /// <exception cref="ArgumentException"><paramref name="from"/> lacks an attribute.</exception>
    public void Append(PointColumns from) => Append(from, 0, from.Count);

    /// <summary>Appends <paramref name="count"/> points of <paramref name="from"/> from <paramref name="offset"/> on, growing as needed.</summary>
    /// <param name="from">Columns with at least the attributes of this one.</param>
    /// <param name="offset">The first point taken.</param>
    /// <param name="count">Points taken.</param>
    /// <exception cref="ArgumentException"><paramref name="from"/> lacks an attribute.</exception>
    public void Append(PointColumns from, int offset, int count)
    {
        Require(from);
        EnsureCapacity(checked(Count + count));
        Copy(from.X, X);
        Copy(from.Y, Y);
        Copy(from.Z, Z);
        Copy(from.Intensity, Intensity);
        Copy(from.ReturnNumber, ReturnNumber);
        Copy(from.NumberOfReturns, NumberOfReturns);
        Copy(from.Classification, Classification);
        Copy(from.ClassificationFlags, ClassificationFlags);
        Copy(from.ScannerChannel, ScannerChannel);
        Copy(from.ScanDirectionFlag, ScanDirectionFlag);
        Copy(from.EdgeOfFlightLine, EdgeOfFlightLine);
        Copy(from.ScanAngle, ScanAngle);
        Copy(from.UserData, UserData);
        Copy(from.PointSourceId, PointSourceId);
        Copy(from.GpsTime, GpsTime);
        Copy(from.Red, Red);
        Copy(from.Green, Green);
        Copy(from.Blue, Blue);
        Copy(from.Nir, Nir);
        Copy(from.Row, Row);
        Copy(from.Column, Column);
        Count += count;

        void Copy<T>(T[]? source, T[]? target)
        {
            if (target is not null) source.AsSpan(offset, count).CopyTo(target.AsSpan(Count));
        }
    }

    private void Require(PointColumns from)
    {
        if ((Attributes & ~from.Attributes) != 0)
            throw new ArgumentException($"The source has {from.Attributes}, but {Attributes} are asked for.", nameof(from));
    }

    private void Gather<T>(T[]? from, T[]? to, ReadOnlySpan<int> indices)
    {
        if (to is null) return;
        Span<T> target = to.AsSpan(Count, indices.Length);
        for (int i = 0; i < target.Length; i++) target[i] = from![indices[i]];
    }

    private void Allocate(int capacity)
    {
        if (Has(PointAttributes.Intensity)) Intensity = Grow(Intensity, capacity);
        if (Has(PointAttributes.ReturnNumber)) ReturnNumber = Grow(ReturnNumber, capacity);
        if (Has(PointAttributes.NumberOfReturns)) NumberOfReturns = Grow(NumberOfReturns, capacity);
        if (Has(PointAttributes.Classification)) Classification = Grow(Classification, capacity);
        if (Has(PointAttributes.ClassificationFlags)) ClassificationFlags = Grow(ClassificationFlags, capacity);
        if (Has(PointAttributes.ScannerChannel)) ScannerChannel = Grow(ScannerChannel, capacity);
        if (Has(PointAttributes.ScanDirectionFlag)) ScanDirectionFlag = Grow(ScanDirectionFlag, capacity);
        if (Has(PointAttributes.EdgeOfFlightLine)) EdgeOfFlightLine = Grow(EdgeOfFlightLine, capacity);
        if (Has(PointAttributes.ScanAngle)) ScanAngle = Grow(ScanAngle, capacity);
        if (Has(PointAttributes.UserData)) UserData = Grow(UserData, capacity);
        if (Has(PointAttributes.PointSourceId)) PointSourceId = Grow(PointSourceId, capacity);
        if (Has(PointAttributes.GpsTime)) GpsTime = Grow(GpsTime, capacity);
        if (Has(PointAttributes.Color))
        {
            Red = Grow(Red, capacity);
            Green = Grow(Green, capacity);
            Blue = Grow(Blue, capacity);
        }

        if (Has(PointAttributes.Nir)) Nir = Grow(Nir, capacity);
        if (Has(PointAttributes.RowColumn))
        {
            Row = Grow(Row, capacity);
            Column = Grow(Column, capacity);
        }
    }

    private bool Has(PointAttributes attribute) => (Attributes & attribute) != 0;

    private static T[] Grow<T>(T[]? array, int capacity)
    {
        Array.Resize(ref array, capacity);
        return array;
    }
}
