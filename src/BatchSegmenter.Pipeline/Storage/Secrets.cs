using System.Text.RegularExpressions;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>Keeps what opens a store out of texts that people and logs see.</summary>
internal static partial class Secrets
{
    /// <summary>Replaces the query and the user of web addresses, and what follows the names that connection strings and signatures give their secrets.</summary>
    public static string Redact(string text) => Named().Replace(User().Replace(Query().Replace(text, "?..."), "...@"), "$1=...");

    [GeneratedRegex(@"(?<=(?:https?|azure)://)[^\s/@'""]+@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex User();

    // A glob of an azure:// address may have '?' as a wildcard; a query has names with '='.
    [GeneratedRegex(@"(?<=(?:https?|azure)://[^\s?'""]*)\?[^\s'""]*=[^\s'""]*", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Query();

    [GeneratedRegex(@"\b(AccountKey|SharedAccessSignature|sig|Authorization)=(?!\.\.\.)[^\s;&'""]+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Named();
}
