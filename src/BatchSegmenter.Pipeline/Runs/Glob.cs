using System.Text;
using System.Text.RegularExpressions;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// A path pattern: <c>*</c> and <c>?</c> stay within a folder's name, <c>**</c> stands for any number of folders. The part
/// before the first folder that has one of them is the prefix, below which files are looked for.
/// </summary>
internal sealed class Glob
{
    private readonly Regex _pattern;

    /// <summary>Takes a full path with wildcards apart.</summary>
    public Glob(string path)
    {
        string[] parts = path.Split('/', System.IO.Path.DirectorySeparatorChar);
        int first = Array.FindIndex(parts, IsPattern);
        Prefix = string.Join('/', parts[..first]) + "/";
        _pattern = new(Translate(string.Join('/', parts[first..])), RegexOptions.CultureInvariant
            | (OperatingSystem.IsWindows() ? RegexOptions.IgnoreCase : RegexOptions.None));
    }

    /// <summary>The folder that the pattern's matches are relative to.</summary>
    public string Prefix { get; }

    /// <summary>Whether a path has wildcards.</summary>
    public static bool IsPattern(string path) => path.AsSpan().IndexOfAny('*', '?') >= 0;

    /// <summary>Whether a path relative to the prefix, with <c>/</c>, matches.</summary>
    public bool IsMatch(string relativePath) => _pattern.IsMatch(relativePath);

    private static string Translate(string pattern)
    {
        var regex = new StringBuilder("^");
        for (int at = 0; at < pattern.Length; at++)
        {
            if (pattern.AsSpan(at).StartsWith("**/"))
            {
                regex.Append("(?:.*/)?");
                at += 2;
            }
            else if (pattern.AsSpan(at).StartsWith("**"))
            {
                regex.Append(".*");
                at++;
            }
            else
            {
                regex.Append(pattern[at] switch { '*' => "[^/]*", '?' => "[^/]", char other => Regex.Escape(other.ToString()) });
            }
        }

        return regex.Append("\\z").ToString();
    }
}
