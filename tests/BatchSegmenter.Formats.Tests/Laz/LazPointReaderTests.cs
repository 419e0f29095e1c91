using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using BatchSegmenter.Formats.Laz;
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
        LazFile laz = LazFile.Parse(path);
        using var reader = laz.Open(stream, path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] records = new byte[laz.RecordLength * 4099];
        long decoded = 0;
        for (int count; (count = reader.Read(records)) != 0; decoded += count) hash.AppendData(records, 0, count * laz.RecordLength);

        Assert.Equal(pointCount, decoded);
        Assert.Equal(sha256, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(250)]
    [InlineData(10_000)]
    public void Decodes_chunks_whatever_the_size_of_the_callers_runs(int run)
    {
        byte[] records = PointwiseLazWriter.Records(1050);
        byte[] data = PointwiseLazWriter.PointData(records, [250, 250, 250, 250, 50]);
        Assert.Equal(records, Decode(data, 250, 1050, run));
    }

    [Fact]
    public void Decodes_chunks_of_different_size()
    {
        byte[] records = PointwiseLazWriter.Records(700);
        byte[] data = PointwiseLazWriter.PointData(records, [1, 400, 2, 297], variable: true);
        Assert.Equal(records, Decode(data, uint.MaxValue, 700));
        Assert.Equal(records, Decode(data, 0, 700));
    }

    [Fact]
    public void Decodes_one_stream_of_all_points()
    {
        byte[] records = PointwiseLazWriter.Records(70_000);
        Assert.Equal(records, Decode(PointwiseLazWriter.Chunk(records), 0, 70_000, compressor: 1));
    }

    [Fact]
    public void Copies_points_that_are_not_compressed()
    {
        byte[] records = PointwiseLazWriter.Records(100);
        Assert.Equal(records, Decode(records, 0, 100, run: 33, compressor: 0));
    }

    [Fact]
    public void Stops_at_the_points_of_the_header()
    {
        byte[] records = PointwiseLazWriter.Records(500);
        byte[] data = PointwiseLazWriter.PointData(records, [250, 250], variable: true);
        Assert.Equal(records[..(PointwiseLazWriter.RecordLength * 499)], Decode(data, uint.MaxValue, 499));
        Assert.Empty(Decode([], 250, 0));
    }

    [Fact]
    public void Notices_points_that_the_header_leaves_out_of_the_last_chunk()
    {
        byte[] data = PointwiseLazWriter.PointData(PointwiseLazWriter.Records(500), [250, 250]);
        var thrown = Assert.Throws<InvalidPointCloudException>(() => Decode(data, 250, 490));
        Assert.Contains("chunk 1 of 2 has 240 points", thrown.Message);
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(long.MaxValue)]
    [InlineData(-1L)]
    public void Decodes_chunks_of_one_size_without_their_table(long tableOffset)
    {
        byte[] records = PointwiseLazWriter.Records(1050);
        byte[] data = PointwiseLazWriter.PointData(records, [250, 250, 250, 250, 50]);
        BinaryPrimitives.WriteInt64LittleEndian(data, tableOffset);
        Assert.Equal(records, Decode(data, 250, 1050, run: 77));
    }

    [Fact]
    public void Does_not_trust_a_table_that_ends_elsewhere()
    {
        byte[] records = PointwiseLazWriter.Records(500);
        byte[] data = PointwiseLazWriter.PointData(records, [250, 250]);
        int table = (int)BinaryPrimitives.ReadInt64LittleEndian(data);
        byte[] wrong = PointwiseLazWriter.Table([900, 901]);
        Assert.Equal(records, Decode([.. data[..table], .. wrong], 250, 500));
    }

    [Fact]
    public void Needs_the_table_of_chunks_of_different_size()
    {
        byte[] data = PointwiseLazWriter.PointData(PointwiseLazWriter.Records(20), [9, 11], variable: true);
        var thrown = Assert.Throws<InvalidPointCloudException>(() => Decode(data[..^3], uint.MaxValue, 20));
        Assert.Contains("without its table", thrown.Message);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(400)]
    [InlineData(15)]
    public void Names_the_chunk_in_which_the_file_ends(int bytesOfSecondChunk)
    {
        byte[] records = PointwiseLazWriter.Records(500);
        byte[] data = PointwiseLazWriter.PointData(records, [250, 250]);
        int first = 8 + PointwiseLazWriter.Chunk(records.AsSpan(0, 250 * PointwiseLazWriter.RecordLength)).Length;
        var thrown = Assert.Throws<InvalidPointCloudException>(() => Decode(data[..(first + bytesOfSecondChunk)], 250, 500));
        Assert.Contains("chunk 1 has 250 points", thrown.Message);
        Assert.Equal(first, thrown.Offset);
    }

    [Fact]
    public void Notices_a_chunk_whose_points_end_before_its_bytes()
    {
        // The table fits the file, yet tells a wrong place for the border between the chunks.
        byte[] records = PointwiseLazWriter.Records(500);
        byte[] data = PointwiseLazWriter.PointData(records, [250, 250]);
        int first = PointwiseLazWriter.Chunk(records.AsSpan(0, 250 * PointwiseLazWriter.RecordLength)).Length;
        int table = (int)BinaryPrimitives.ReadInt64LittleEndian(data);
        byte[] wrong = PointwiseLazWriter.Table([first + 5, table - 8 - first - 5]);
        var thrown = Assert.Throws<InvalidPointCloudException>(() => Decode([.. data[..table], .. wrong], 250, 500));
        Assert.Contains("chunk 0 of 2", thrown.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Ends_when_the_header_announces_points_without_end(int compressor)
    {
        byte[] data = PointwiseLazWriter.PointData(PointwiseLazWriter.Records(500), [250, 250]);
        using LazPointReader reader = Open(data, 250, long.MaxValue, compressor);
        byte[] records = new byte[PointwiseLazWriter.RecordLength * 1000];
        Assert.Throws<InvalidPointCloudException>(() =>
        {
            while (reader.Read(records) != 0) { }
        });
    }

    [Fact]
    public void Refuses_records_that_the_items_do_not_make_up()
    {
        LazVlr vlr = LazVlr.Parse(PointwiseLazWriter.Vlr(2, 250), "a.laz", 0);
        var thrown = Assert.Throws<InvalidPointCloudException>(() => new LazPointReader(new MemoryStream(), "a.laz", vlr, 0, 5, 28));
        Assert.Contains("28", thrown.Message);
        Assert.Contains("20", thrown.Message);
    }

    [SkippableTheory]
    [InlineData("laz/loaders.gl-pdrf10-1.4.laz")]
    [InlineData("laz/loaders.gl-pdrf9-1.5.laz")]
    [InlineData("laz/loaders.gl-pdrf5-1.3.laz")]
    [InlineData("laz/laz-perf-point-time-1.4.las.laz")]
    [InlineData("laz/laz-perf-point-color-time.las.laz")]
    [InlineData("laz/lasr-Example.laz")]
    [InlineData("laz/ign-pdal-tools-source_cloud_crop_extra_dim.laz")]
    [InlineData("copc/lasr-example.copc.laz")]
    public void Gives_points_or_one_clear_error_whatever_is_damaged(string file)
    {
        string path = SharedFiles.Require(Path.Combine("formats", file));
        byte[] whole = File.ReadAllBytes(path);
        LazFile laz = LazFile.Parse(path);
        byte[] records = new byte[laz.RecordLength * 1000];
        Random random = new(whole.Length);
        int failures = 0;
        for (int round = 0; round < 60; round++)
        {
            byte[] damaged = [.. whole];
            int end = round % 3 == 0 ? random.Next((int)laz.PointDataOffset, whole.Length) : whole.Length;
            for (int i = 0; i < round % 4 * 3; i++) damaged[random.Next((int)laz.PointDataOffset, whole.Length)] = (byte)random.Next(256);
            try
            {
                using var reader = laz.Open(new MemoryStream(damaged, 0, end), path);
                long decoded = 0;
                for (int count; (count = reader.Read(records)) != 0; decoded += count) { }
                Assert.Equal(laz.PointCount, decoded);
            }
            catch (PointCloudException)
            {
                failures++;
            }
        }

        Assert.InRange(failures, 1, 60);
    }

    [SkippableTheory]
    [InlineData("laz/ign-pdal-tools-test_data_77050_627760_LA93_IGN69.laz")]
    [InlineData("laz/ign-pdal-tools-Semis_2022_0906_6665_LA93_IGN69_ok.laz")]
    public void Decodes_layered_chunks_of_one_size_without_their_table(string file)
    {
        string path = SharedFiles.Require(Path.Combine("formats", file));
        byte[] whole = File.ReadAllBytes(path);
        LazFile laz = LazFile.Parse(path);
        Assert.True(laz.PointCount > laz.Vlr.ChunkSize, "the file must have more than one chunk");
        byte[] expected = new byte[laz.PointCount * laz.RecordLength];
        using (var reader = laz.Open(new MemoryStream(whole), path)) Assert.Equal(laz.PointCount, reader.Read(expected));

        whole.AsSpan((int)laz.PointDataOffset, 8).Clear();
        byte[] actual = new byte[expected.Length];
        using (var reader = laz.Open(new MemoryStream(whole), path)) Assert.Equal(laz.PointCount, reader.Read(actual));
        Assert.True(expected.AsSpan().SequenceEqual(actual));
    }

    private static LazPointReader Open(byte[] pointData, uint chunkSize, long points, int compressor = 2)
    {
        LazVlr vlr = LazVlr.Parse(PointwiseLazWriter.Vlr(compressor, chunkSize), "a.laz", 0);
        return new LazPointReader(new MemoryStream(pointData), "a.laz", vlr, 0, points, PointwiseLazWriter.RecordLength);
    }

    private static byte[] Decode(byte[] pointData, uint chunkSize, int points, int run = 1000, int compressor = 2)
    {
        using LazPointReader reader = Open(pointData, chunkSize, points, compressor);
        byte[] records = new byte[points * PointwiseLazWriter.RecordLength];
        int decoded = 0;
        for (int count = 1; count != 0; decoded += count)
        {
            int at = decoded * PointwiseLazWriter.RecordLength;
            count = reader.Read(records.AsSpan(at, Math.Min(run * PointwiseLazWriter.RecordLength, records.Length - at)));
        }

        Assert.Equal(points, decoded);
        return records;
    }
}
