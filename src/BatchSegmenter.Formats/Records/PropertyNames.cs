namespace BatchSegmenter.Formats.Records;

/// <summary>Tells by its name what a property means. Case, underscores and the <c>scalar_</c> that CloudCompare puts in front do not matter.</summary>
internal static class PropertyNames
{
    /// <summary>Each meaning with its names; of a file that has several of them the first in this order is taken.</summary>
    private static readonly (PointField Field, string[] Names)[] All =
    [
        (PointField.X, ["x"]),
        (PointField.Y, ["y"]),
        (PointField.Z, ["z"]),
        (PointField.Intensity, ["intensity", "intensities"]),
        (PointField.ReturnNumber, ["returnnumber", "returnnum"]),
        (PointField.NumberOfReturns, ["numberofreturns", "numreturns"]),
        (PointField.Classification, ["classification", "class", "label"]),
        (PointField.ClassificationFlags, ["classificationflags", "classflags"]),
        (PointField.ScannerChannel, ["scannerchannel", "scanchannel"]),
        (PointField.ScanDirectionFlag, ["scandirectionflag", "scandirection"]),
        (PointField.EdgeOfFlightLine, ["edgeofflightline"]),
        (PointField.ScanAngle, ["scanangle", "scananglerank"]),
        (PointField.UserData, ["userdata"]),
        (PointField.PointSourceId, ["pointsourceid", "ptsrcid"]),
        (PointField.GpsTime, ["gpstime"]),
        (PointField.Red, ["red", "diffusered", "r"]),
        (PointField.Green, ["green", "diffusegreen", "g"]),
        (PointField.Blue, ["blue", "diffuseblue", "b"]),
        (PointField.Nir, ["nir", "infrared"]),
        (PointField.Row, ["row"]),
        (PointField.Column, ["column"]),
        (PointField.PackedColor, ["rgb", "rgba"]),
    ];

    /// <summary>The properties that mean something, with their positions in <paramref name="properties"/>. Lists and arrays never do.</summary>
    public static List<(PointField Field, int Index)> Match(IReadOnlyList<RecordProperty> properties)
    {
        Dictionary<string, int> indices = [];
        for (int i = 0; i < properties.Count; i++)
            if (properties[i] is { ListCount: null, Count: 1 }) indices.TryAdd(Plain(properties[i].Name), i);
        List<(PointField Field, int Index)> found = [];
        foreach ((PointField field, string[] names) in All)
            if (names.FirstOrDefault(indices.ContainsKey) is { } name) found.Add((field, indices[name]));
        if (!HasAll(PointField.Red, PointField.Green, PointField.Blue)) found.RemoveAll(match => match.Field is PointField.Red or PointField.Green or PointField.Blue);
        if (!HasAll(PointField.Row, PointField.Column)) found.RemoveAll(match => match.Field is PointField.Row or PointField.Column);
        found.RemoveAll(match => match.Field == PointField.PackedColor && (properties[match.Index].Type.Size() != 4 || HasAll(PointField.Red)));
        return found;

        bool HasAll(params ReadOnlySpan<PointField> fields)
        {
            foreach (PointField field in fields)
                if (!found.Exists(match => match.Field == field)) return false;
            return true;
        }
    }

    /// <summary>Whether there is a position.</summary>
    public static bool HasPosition(IReadOnlyList<RecordProperty> properties) => Match(properties).Count(match => match.Field <= PointField.Z) == 3;

    private static string Plain(string name)
    {
        string plain = name.ToLowerInvariant();
        if (plain.StartsWith("scalar_", StringComparison.Ordinal)) plain = plain["scalar_".Length..];
        return plain.Replace("_", "", StringComparison.Ordinal);
    }
}
