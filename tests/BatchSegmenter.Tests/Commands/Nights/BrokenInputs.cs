using System.Text.RegularExpressions;

namespace BatchSegmenter.Tests.Commands.Nights;

/// <summary>Inputs that must be refused, and odd ones that must not.</summary>
internal static partial class BrokenInputs
{
    /// <summary>What other readers said of a file that holds no points to be had, or none with lengths.</summary>
    private static readonly string[] Refusals = ["ERR:", "no LASF", "n=None", "vNone", "IndexError", "scans=0", "EPSG 4326"];

    /// <summary>Spoils files in five ways; returns their names without extension.</summary>
    public static string[] MakeIn(Night night)
    {
        byte[] whole = File.ReadAllBytes(night.Survey("cut in the point's data", 400));
        File.WriteAllBytes(night["in/cut in the point's data.las"], whole[..^1000]);
        File.WriteAllBytes(night["in/cut-in-the-header.las"], whole[..100]);
        File.WriteAllBytes(night["in/empty.las"], []);
        File.WriteAllText(night["in/no-survey.laz"], "no survey");
        byte[] offset = [.. whole];
        offset[96] = offset[97] = offset[98] = 0x7F; // where the points start: behind the file's end
        File.WriteAllBytes(night["in/points-elsewhere.las"], offset);
        return ["cut in the point's data", "cut-in-the-header", "empty", "no-survey", "points-elsewhere"];
    }

    /// <summary>
    /// Copies the real files of <c>../shared/data/broken</c>, if they are there. What must become of each stands in the facts of <c>files.csv</c>, which
    /// other readers found: the number of points, or null where there is nothing to be read. A name that says corrupt counts, too.
    /// </summary>
    public static IEnumerable<(string Name, long? Points)> CopyTo(Night night)
    {
        string list = Path.Combine(SharedFiles.Root, "files.csv");
        if (!File.Exists(list)) yield break;
        foreach (string[] row in File.ReadLines(list).Select(line => line.Split(',', 5)))
        {
            if (!row[0].StartsWith("broken/", StringComparison.Ordinal) || row[0].EndsWith(".txt", StringComparison.Ordinal)) continue;
            string name = Path.GetFileName(row[0]);
            File.Copy(Path.Combine(SharedFiles.Root, row[0]), night[$"in/{name}"]);
            bool isRefused = Refusals.Any(row[4].Contains) || row[4].EndsWith("props=", StringComparison.Ordinal) || name.Contains("corrupt", StringComparison.Ordinal);
            yield return (Path.GetFileNameWithoutExtension(name), isRefused ? null : long.Parse(Points().Match(row[4]).Groups[1].Value));
        }
    }

    [GeneratedRegex(@"\b(?:n|rec|vertex)=(\d+)")]
    private static partial Regex Points();
}
