using System.Globalization;
using System.Security.Cryptography;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Las;

/// <summary>The rows of <c>formats/records.csv</c>: what LASzip decodes from each real file.</summary>
internal sealed record RecordsList(string Path, string Version, int PointFormat, long PointCount, int RecordLength, string Sha256)
{
    public string FullPath => SharedFiles.Require("formats/" + Path);

    public static RecordsList[] Of(string folder) =>
    [
        .. File.ReadLines(SharedFiles.Require("formats/records.csv")).Skip(1).Where(line => line.StartsWith(folder + "/", StringComparison.Ordinal))
            .Select(line => line.Split(','))
            .Select(f => new RecordsList(f[0], f[1], Number(f[2]), Number(f[4]), Number(f[5]), f[6])),
    ];

    /// <summary>What differs from the row when the file is read; null where nothing does.</summary>
    public string? Mismatch(int recordsPerRead, long maxPointsHashed = long.MaxValue)
    {
        using LasReader reader = new(FullPath);
        if (reader.Las.Version != Version) return $"{Path}: version {reader.Las.Version}";
        if (reader.Las.PointFormat != PointFormat) return $"{Path}: point format {reader.Las.PointFormat}";
        if (reader.Header.PointCount != PointCount) return $"{Path}: {reader.Header.PointCount} points";
        if (reader.Las.RecordLength != RecordLength) return $"{Path}: record length {reader.Las.RecordLength}";
        if (PointCount > maxPointsHashed) return null;
        string sha = Hash(reader, recordsPerRead);
        return sha == Sha256 ? null : $"{Path}: records {sha}";
    }

    public static string Hash(LasReader reader, int recordsPerRead)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] records = new byte[recordsPerRead * reader.Las.RecordLength];
        for (int points; (points = reader.ReadRecords(records)) > 0;) hash.AppendData(records, 0, points * reader.Las.RecordLength);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
