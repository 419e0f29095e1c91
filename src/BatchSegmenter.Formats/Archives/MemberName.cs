using System.Text;

namespace BatchSegmenter.Formats.Archives;

/// <summary>Names within archives: made harmless, and judged by what they end in.</summary>
internal static class MemberName
{
    private const string ForbiddenOnWindows = ":*?\"<>|";
    private static readonly string[] Clouds = [".las", ".laz", ".e57", ".ply", ".pcd", ".xyz", ".pts", ".ptx", ".npy", ".npz", ".parquet", ".gz"];
    private static readonly string[] Tables = [".csv", ".txt", ".asc"];
    private static readonly string[] Nested = [".zip", ".tar", ".tgz", ".tar.gz", ".7z"];

    /// <summary>
    /// A relative path with <c>/</c> that stays below wherever it is put: no empty, <c>.</c> or <c>..</c> part, no drive, no control
    /// character. Empty where nothing is left.
    /// </summary>
    public static string Clean(string name)
    {
        IEnumerable<string> parts = name.Split('/', '\\').Where(part => part is not ("" or ".")).Select(CleanPart);
        return string.Join('/', parts);
    }

    /// <summary>The text of a name that is UTF-8, else of one byte for each character.</summary>
    public static string Decode(ReadOnlySpan<byte> name)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(name);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(name);
        }
    }

    /// <summary>Whether a file manager would hide it: dot files, and what macOS leaves in archives.</summary>
    public static bool IsHidden(string name) =>
        name.Split('/').Any(part => part[0] == '.' || part.Equals("__MACOSX", StringComparison.OrdinalIgnoreCase));

    public static bool IsCloud(string name) => EndsIn(name, Clouds);

    /// <summary>Whether it may be a table of points, but as well a readme.</summary>
    public static bool IsTable(string name) => EndsIn(name, Tables);

    public static bool IsArchive(string name) => EndsIn(name, Nested);

    private static string CleanPart(string part)
    {
        if (part == "..") return "__";
        StringBuilder clean = new(part);
        for (int i = 0; i < clean.Length; i++)
            if (char.IsControl(clean[i]) || char.IsSurrogate(clean[i]) && !IsPaired(part, i) || ForbiddenOnWindows.Contains(clean[i])) clean[i] = '_';

        // Windows drops dots and spaces at the end of a name, so that two names would be one.
        for (int i = clean.Length - 1; i >= 0 && clean[i] is '.' or ' '; i--) clean[i] = '_';
        return clean.ToString();
    }

    private static bool IsPaired(string text, int i) =>
        char.IsHighSurrogate(text[i]) ? i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) : i > 0 && char.IsHighSurrogate(text[i - 1]);

    private static bool EndsIn(string name, string[] extensions) => extensions.Any(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
}
