namespace BatchSegmenter.Formats.Records;

/// <summary>What a field of a record means for a point.</summary>
internal enum PointField
{
    X,
    Y,
    Z,
    Intensity,
    ReturnNumber,
    NumberOfReturns,
    Classification,
    ClassificationFlags,
    ScannerChannel,
    ScanDirectionFlag,
    EdgeOfFlightLine,
    ScanAngle,
    UserData,
    PointSourceId,
    GpsTime,
    Red,
    Green,
    Blue,
    Nir,
    Row,
    Column,

    /// <summary>Blue, green and red bytes in one 32-bit value, as PCD has them.</summary>
    PackedColor,
}

/// <summary>A field that becomes a column.</summary>
/// <param name="Meaning">What it is.</param>
/// <param name="Name">The file's name for it.</param>
/// <param name="Stored">The type in the record as it is unpacked (texts are parsed to <see cref="ScalarType.Float64"/>).</param>
/// <param name="Declared">The type that the file states.</param>
/// <param name="Offset">Bytes from the start of the record.</param>
internal sealed record RecordField(PointField Meaning, string Name, ScalarType Stored, ScalarType Declared, int Offset)
{
    /// <summary>What a value is multiplied by.</summary>
    public double Scale { get; init; } = 1;
}
