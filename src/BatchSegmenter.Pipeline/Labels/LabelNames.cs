using System.Globalization;
using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Labels;

/// <summary>The names of label codes, as <c>label_name</c> shows them.</summary>
public static class LabelNames
{
    /// <summary>The standard classes of LAS 1.4, lower case, by code.</summary>
    private static readonly string?[] Standard =
    [
        "never_classified", "unclassified", "ground", "low_vegetation", "medium_vegetation", "high_vegetation", "building", "low_noise", "model_key_point", "water",
        "rail", "road_surface", "overlap", "wire_guard", "wire_conductor", "transmission_tower", "wire_connector", "bridge_deck", "high_noise", "overhead_structure",
        "ignored_ground", "snow", "temporal_exclusion",
    ];

    /// <summary>
    /// A name for each of the 256 codes: the bundle's class where it maps to that code alone, else the standard's name, else <c>class_N</c>.
    /// </summary>
    public static string[] Of(IReadOnlyList<ClassDescription> classes)
    {
        string[] names = new string[256];
        for (int code = 0; code < names.Length; code++)
            names[code] = code < Standard.Length ? Standard[code]! : "class_" + code.ToString(CultureInfo.InvariantCulture);
        foreach (ClassDescription c in classes)
            if (c.ByHeight is null) names[c.Asprs ?? c.Id] = c.Name;
        return names;
    }
}
