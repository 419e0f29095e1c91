using System.Globalization;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Records;

/// <summary>Rows of <c>files.csv</c>: what the headers of the real files say.</summary>
internal sealed record SampleFacts(string File, string Facts)
{
    public static SampleFacts[] Of(string folder, string extension) =>
    [
        .. System.IO.File.ReadLines(SharedFiles.Require("files.csv")).Skip(1).Select(line => line.Split(',', 5))
            .Where(f => f[0].StartsWith(folder + "/", StringComparison.Ordinal) && f[0].EndsWith(extension, StringComparison.Ordinal))
            .Select(f => new SampleFacts(f[0], f[4].Trim('"'))),
    ];

    /// <summary>The number that stands behind <paramref name="key"/>.</summary>
    public long Number(string key) =>
        long.Parse(Facts[(Facts.IndexOf(key, StringComparison.Ordinal) + key.Length)..].Split(' ')[0], CultureInfo.InvariantCulture);

    public PointCloudReader Open() => PointCloudReader.Open(SharedFiles.Require(File));
}
