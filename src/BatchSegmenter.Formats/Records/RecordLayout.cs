using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Records;

/// <summary>Where the attributes of a point lie within a record, and how they become columns.</summary>
internal sealed class RecordLayout
{
    private readonly RecordField?[] _fields = new RecordField?[Enum.GetValues<PointField>().Length];

    /// <param name="fields">The fields that mean something, each meaning once; X, Y and Z are among them.</param>
    public RecordLayout(IEnumerable<RecordField> fields)
    {
        foreach (RecordField field in fields) _fields[(int)field.Meaning] = field;
    }

    /// <summary>The fields that mean something.</summary>
    public IEnumerable<RecordField> Fields => _fields.OfType<RecordField>();

    /// <summary>The attributes that the records have.</summary>
    public PointAttributes Attributes => Fields.Aggregate(PointAttributes.None, (all, known) => all | AttributeOf(known.Meaning));

    /// <summary>The field of a meaning; null where the records lack it.</summary>
    public RecordField? this[PointField meaning]
    {
        get => _fields[(int)meaning];
        set => _fields[(int)meaning] = value;
    }

    /// <summary>Appends the points of a run; attributes asked for that the records lack become zeros.</summary>
    /// <param name="records">Little endian records, <paramref name="stride"/> bytes each.</param>
    /// <param name="stride">Bytes of a record.</param>
    /// <param name="columns">Grows as needed.</param>
    public void Unpack(ReadOnlySpan<byte> records, int stride, PointColumns columns)
    {
        int points = records.Length / stride;
        columns.EnsureCapacity(checked(columns.Count + points));
        Fill(records, stride, PointField.X, Next(columns.X));
        Fill(records, stride, PointField.Y, Next(columns.Y));
        Fill(records, stride, PointField.Z, Next(columns.Z));
        Fill(records, stride, PointField.Intensity, Next(columns.Intensity));
        Fill(records, stride, PointField.ReturnNumber, Next(columns.ReturnNumber));
        Fill(records, stride, PointField.NumberOfReturns, Next(columns.NumberOfReturns));
        Fill(records, stride, PointField.Classification, Next(columns.Classification));
        Fill(records, stride, PointField.ClassificationFlags, MemoryMarshal.Cast<ClassificationFlags, byte>(Next(columns.ClassificationFlags)));
        Fill(records, stride, PointField.ScannerChannel, Next(columns.ScannerChannel));
        Fill(records, stride, PointField.ScanDirectionFlag, Next(columns.ScanDirectionFlag));
        Fill(records, stride, PointField.EdgeOfFlightLine, Next(columns.EdgeOfFlightLine));
        Fill(records, stride, PointField.ScanAngle, Next(columns.ScanAngle));
        Fill(records, stride, PointField.UserData, Next(columns.UserData));
        Fill(records, stride, PointField.PointSourceId, Next(columns.PointSourceId));
        Fill(records, stride, PointField.GpsTime, Next(columns.GpsTime));
        if (this[PointField.PackedColor] is { } packed)
            ScalarColumn.UnpackColor(records, stride, packed, Next(columns.Red), Next(columns.Green), Next(columns.Blue));
        else
        {
            Fill(records, stride, PointField.Red, Next(columns.Red));
            Fill(records, stride, PointField.Green, Next(columns.Green));
            Fill(records, stride, PointField.Blue, Next(columns.Blue));
        }

        Fill(records, stride, PointField.Nir, Next(columns.Nir));
        Fill(records, stride, PointField.Row, Next(columns.Row));
        Fill(records, stride, PointField.Column, Next(columns.Column));
        columns.Count += points;

        Span<T> Next<T>(T[]? column) => column is null ? default : column.AsSpan(columns.Count, points);
    }

    private void Fill<T>(ReadOnlySpan<byte> records, int stride, PointField meaning, Span<T> target)
        where T : struct, System.Numerics.INumber<T>
    {
        if (this[meaning] is { } field && !target.IsEmpty) ScalarColumn.Unpack(records, stride, field, target);
        else target.Clear();
    }

    private static PointAttributes AttributeOf(PointField meaning) => meaning switch
    {
        PointField.X or PointField.Y or PointField.Z => PointAttributes.None,
        PointField.Red or PointField.Green or PointField.Blue or PointField.PackedColor => PointAttributes.Color,
        PointField.Row or PointField.Column => PointAttributes.RowColumn,
        _ => Enum.Parse<PointAttributes>(meaning.ToString()),
    };
}
