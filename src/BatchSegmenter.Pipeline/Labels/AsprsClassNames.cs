namespace BatchSegmenter.Pipeline.Labels;

/// <summary>The names that LAS 1.4 gives to class codes.</summary>
internal static class AsprsClassNames
{
    private static readonly string[] Names =
    [
        "never classified", "unclassified", "ground", "low vegetation", "medium vegetation", "high vegetation", "building", "low noise",
        "model key point", "water", "rail", "road", "overlap", "wire guard", "wire conductor", "tower", "wire connector", "bridge", "high noise",
        "overhead structure", "ignored ground", "snow", "temporal exclusion",
    ];

    /// <summary>The standard's name; <c>reserved</c> up to 63, <c>user defined</c> from 64.</summary>
    public static string Of(byte code) => code < Names.Length ? Names[code] : code < 64 ? "reserved" : "user defined";
}
