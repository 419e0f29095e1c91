using System.Globalization;

namespace BatchSegmenter.Formats.Las;

/// <summary>What labelling needs of a reference system in well-known text, version 1 or 2. Units are metres, null where the text gives none.</summary>
internal sealed record WktCrs(int? Epsg, CrsKind Kind, double? HorizontalUnit, double? VerticalUnit)
{
    /// <summary>Reads the text; null where it holds no reference system.</summary>
    public static WktCrs? Parse(string text)
    {
        if (WktNode.Parse(text) is not { } root) return null;
        List<WktNode> systems = [];
        Collect(root, systems);
        WktNode? horizontal = systems.Find(system => KindOf(system) != CrsKind.Unknown);
        WktNode? vertical = systems.Find(IsVertical);
        if (horizontal is null && vertical is null) return null;
        CrsKind kind = horizontal is null ? CrsKind.Unknown : KindOf(horizontal);
        double? horizontalUnit = horizontal is null || kind == CrsKind.Geographic ? null : UnitOf(horizontal, axis: 0);
        double? verticalUnit = vertical is not null ? UnitOf(vertical, axis: 0) : horizontal is null ? null : ThirdAxisUnit(horizontal);
        return new WktCrs((horizontal is null ? null : EpsgOf(horizontal)) ?? EpsgOf(root), kind, horizontalUnit, verticalUnit);
    }

    /// <summary>The single systems within compound and bound ones, in order.</summary>
    private static void Collect(WktNode node, List<WktNode> systems)
    {
        if (node.Keyword is "COMPD_CS" or "COMPOUNDCRS" or "BOUNDCRS" or "SOURCECRS")
        {
            foreach (WktNode child in node.Children) Collect(child, systems);
        }
        else if (KindOf(node) != CrsKind.Unknown || IsVertical(node)) systems.Add(node);
    }

    private static bool IsVertical(WktNode node) => node.Keyword is "VERT_CS" or "VERTCRS" or "VERTICALCRS";

    private static CrsKind KindOf(WktNode node) => node.Keyword switch
    {
        "PROJCS" or "PROJCRS" or "PROJECTEDCRS" => CrsKind.Projected,
        "GEOGCS" or "GEOGCRS" or "GEOGRAPHICCRS" => CrsKind.Geographic,
        "GEOCCS" => CrsKind.Geocentric,
        "GEODCRS" or "GEODETICCRS" => IsCartesian(node) ? CrsKind.Geocentric : CrsKind.Geographic,
        "LOCAL_CS" or "ENGCRS" or "ENGINEERINGCRS" => CrsKind.Local,
        _ => CrsKind.Unknown,
    };

    private static bool IsCartesian(WktNode node) =>
        node.Child("CS") is { Values.Count: > 0 } cs && cs.Values[0].Equals("Cartesian", StringComparison.OrdinalIgnoreCase);

    /// <summary>The unit behind the axes, or the one within the given axis.</summary>
    private static double? UnitOf(WktNode system, int axis)
    {
        WktNode? unit = system.Child("UNIT", "LENGTHUNIT");
        if (unit is null && system.Children.Where(child => child.Keyword == "AXIS").ElementAtOrDefault(axis) is { } node)
            unit = node.Child("UNIT", "LENGTHUNIT");
        return unit?.Number(1) is { } size && size > 0 && double.IsFinite(size) ? size : null;
    }

    /// <summary>A three-dimensional system has its height as third axis.</summary>
    private static double? ThirdAxisUnit(WktNode system) =>
        system.Children.Where(child => child.Keyword == "AXIS").ElementAtOrDefault(2)?.Child("UNIT", "LENGTHUNIT")?.Number(1) is { } size
            && size > 0 && double.IsFinite(size)
            ? size
            : null;

    private static int? EpsgOf(WktNode system)
    {
        WktNode? id = system.Children.FirstOrDefault(child => child.Keyword is "AUTHORITY" or "ID"
            && child.Values.Count >= 2 && child.Values[0].Equals("EPSG", StringComparison.OrdinalIgnoreCase));
        return id is not null && int.TryParse(id.Values[1], NumberStyles.None, CultureInfo.InvariantCulture, out int code) && code > 0 ? code : null;
    }
}
