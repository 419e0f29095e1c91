using System.Security.Cryptography;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Laz;

public class ChunkQueueTests
{
    public static TheoryData<string> Files()
    {
        TheoryData<string> files = [];
        foreach (string folder in (string[])["formats/laz", "formats/copc"])
            if (Directory.Exists(Path.Combine(SharedFiles.Root, folder)))
                foreach (string file in Directory.GetFiles(Path.Combine(SharedFiles.Root, folder)).Order(StringComparer.Ordinal)) files.Add($"{folder}/{Path.GetFileName(file)}");
        if (files.Count == 0) files.Add("formats/laz");
        return files;
    }

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void Records_do_not_depend_on_the_cores(string name)
    {
        string path = SharedFiles.Require(name);
        string expected = Hash(new PointReadOptions());
        Assert.Equal(expected, Hash(new PointReadOptions { Cores = 2 }));
        Assert.Equal(expected, Hash(new PointReadOptions { Cores = 4, CorruptChunks = CorruptChunks.Skip }));

        string Hash(PointReadOptions options)
        {
            using LasReader reader = new(path, options);
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] records = new byte[1000 * reader.Las.RecordLength];
            for (int count; (count = reader.ReadRecords(records)) > 0;) hash.AppendData(records, 0, count * reader.Las.RecordLength);
            Assert.Empty(reader.Losses);
            return Convert.ToHexString(hash.GetHashAndReset());
        }
    }

    [SkippableFact]
    public void A_reader_can_be_left_while_chunks_are_decoded_ahead()
    {
        string path = SharedFiles.Require("formats/laz/pdal-lone-star.laz");
        for (int i = 0; i < 10; i++)
        {
            using LasReader reader = new(path, new PointReadOptions { Cores = 4 });
            Assert.Equal(10, reader.Read(new PointColumns(10, PointAttributes.All), 10));
        }
    }

    [SkippableFact]
    public void Layers_that_nobody_asked_for_do_not_change_the_others()
    {
        string path = SharedFiles.Require("survey/train/ign-plain-rgb-nir.laz");
        PointColumns all = Read(PointAttributes.All, 1);
        foreach (PointAttributes wanted in (PointAttributes[])
            [PointAttributes.None, PointAttributes.Intensity | PointAttributes.Nir, PointAttributes.Classification, PointAttributes.ClassificationFlags | PointAttributes.ScannerChannel, PointAttributes.GpsTime, PointAttributes.Color])
        {
            PointColumns some = Read(wanted, 2);
            foreach ((string column, Array values) in AttributeColumns.Of(some))
                Assert.Equal(AttributeColumns.Of(all).Single(other => other.Name == column).Column, values);
        }

        PointColumns Read(PointAttributes attributes, int cores)
        {
            using PointCloudReader reader = PointCloudReader.Open(path, new PointReadOptions { Cores = cores });
            PointColumns columns = new((int)reader.Header.PointCount, attributes);
            while (reader.Read(columns, 100_000) > 0) { }
            Assert.Equal(697_721, columns.Count);
            return columns;
        }
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void More_attributes_in_the_middle_of_a_chunk_are_refused(int cores)
    {
        using PointCloudReader reader = PointCloudReader.Open(SharedFiles.Require("survey/train/ign-plain-rgb-nir.laz"), new PointReadOptions { Cores = cores });
        reader.Read(new PointColumns(10, PointAttributes.Intensity | PointAttributes.Color), 10);
        Assert.Equal(10, reader.Read(new PointColumns(10, PointAttributes.Color), 10));
        Assert.Throws<InvalidOperationException>(() => reader.Read(new PointColumns(10, PointAttributes.GpsTime), 10));
    }
}
