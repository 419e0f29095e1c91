namespace BatchSegmenter.Formats.E57;

/// <summary>One scan as the XML section describes it.</summary>
/// <param name="Number">Its number in the file, from 1.</param>
/// <param name="Section">Physical offset of the compressed vector that holds its records.</param>
/// <param name="Records">Records, those without a position included.</param>
/// <param name="Fields">The fields of a record, in the order of their bytestreams.</param>
/// <param name="Pose">Where the scan stands; null where it stands at the origin, unturned.</param>
/// <param name="Limits">Declared limits (intensityMinimum, colorRedMaximum…), scaled, by name.</param>
/// <param name="Bounds">Declared bounding box in the scan's own coordinates, or null.</param>
internal sealed record E57Scan(
    int Number, ulong Section, long Records, IReadOnlyList<E57Field> Fields, E57Pose? Pose, IReadOnlyDictionary<string, double> Limits,
    ((double X, double Y, double Z) Min, (double X, double Y, double Z) Max)? Bounds)
{
    /// <summary>Whether positions are x, y and z; else they are range, azimuth and elevation.</summary>
    public bool IsCartesian => Has("cartesianX") && Has("cartesianY") && Has("cartesianZ");

    /// <summary>Whether positions are range, azimuth and elevation.</summary>
    public bool IsSpherical => !IsCartesian && Has("sphericalRange") && Has("sphericalAzimuth") && Has("sphericalElevation");

    /// <summary>The field that tells records without a position; null where every record has one.</summary>
    public string? InvalidState => (IsCartesian ? "cartesianInvalidState" : "sphericalInvalidState") is var name
        && Find(name) is { } state && (state.Bits != 0 || state.Minimum != 0) ? name : null;

    /// <summary>The attributes that points of this scan have.</summary>
    public PointAttributes Attributes =>
        PointAttributes.PointSourceId
        | (Has("intensity") ? PointAttributes.Intensity : 0)
        | (Has("colorRed") && Has("colorGreen") && Has("colorBlue") ? PointAttributes.Color : 0)
        | (Has("rowIndex") || Has("columnIndex") ? PointAttributes.RowColumn : 0)
        | (Has("timeStamp") ? PointAttributes.GpsTime : 0)
        | (Has("returnIndex") ? PointAttributes.ReturnNumber : 0)
        | (Has("returnCount") ? PointAttributes.NumberOfReturns : 0)
        | (Has("classification") ? PointAttributes.Classification : 0);

    /// <summary>The field of a name; texts have no value here. Class codes come from extensions only, the standard has none.</summary>
    public E57Field? Find(string name)
    {
        foreach (E57Field field in Fields)
            if (field.Name == name && field.Bits >= 0 && (field.IsStandard || name == "classification")) return field;
        return null;
    }

    private bool Has(string name) => Find(name) is not null;
}
