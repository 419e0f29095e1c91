using System.Globalization;
using System.Security.Cryptography;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Laz;

public class LazPointReaderTests
{
    public static TheoryData<string, long, string> RealFiles()
    {
        TheoryData<string, long, string> rows = [];
        string list = Path.Combine(SharedFiles.Root, "formats", "records.csv");
        if (!File.Exists(list))
        {
            rows.Add("laz/pdal-lone-star.laz", 0, "");
            return rows;
        }

        foreach (string line in File.ReadLines(list).Skip(1))
        {
            string[] cells = line.Split(',');
            if (cells[3] == "laz") rows.Add(cells[0], long.Parse(cells[4], CultureInfo.InvariantCulture), cells[6]);
        }

        return rows;
    }

    [SkippableTheory]
    [MemberData(nameof(RealFiles))]
    public void Decodes_the_records_that_the_reference_decodes(string file, long pointCount, string sha256)
    {
        string path = SharedFiles.Require(Path.Combine("formats", file));
        using FileStream stream = File.OpenRead(path);
        LazFile laz = LazFile.Parse(stream, path);
        using var reader = laz.Open(stream, path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] records = new byte[laz.RecordLength * 4099];
        long decoded = 0;
        for (int count; (count = reader.Read(records)) != 0; decoded += count) hash.AppendData(records, 0, count * laz.RecordLength);

        Assert.Equal(pointCount, decoded);
        Assert.Equal(sha256, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
