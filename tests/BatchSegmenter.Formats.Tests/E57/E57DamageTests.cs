using BatchSegmenter.Formats.E57;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.E57;

public class E57DamageTests
{
    private const string Xyz = "<cartesianX type=\"Float\"/><cartesianY type=\"Float\"/><cartesianZ type=\"Float\"/>";

    [SkippableFact]
    public void A_wrong_checksum_is_told_with_its_page()
    {
        InvalidPointCloudException error = Assert.Throws<InvalidPointCloudException>(() => PointCloudReader.Open(SharedFiles.Require("broken/openlidarviewer-bad-crc.e57")));
        Assert.Contains("page 0 has the checksum", error.Problem);
        Assert.Equal(0, error.Offset);
    }

    [SkippableTheory]
    [InlineData("openlidarviewer-InvalidCVHeader.e57", 0)]
    [InlineData("openlidarviewer-ZeroPointsInvalid.e57", 0)]
    [InlineData("openlidarviewer-NoPrototype.e57", -1)]
    [InlineData("pye57-testWithUnsupportedField.e57", 1)]
    [InlineData("e57-read_error.e57", 2651)]
    public void Broken_files_give_their_points_or_one_clear_error(string name, int expected)
    {
        string path = SharedFiles.Require("broken/" + name);
        if (expected < 0)
        {
            Assert.Contains("prototype", Assert.Throws<InvalidPointCloudException>(() => PointCloudReader.Open(path)).Problem);
            return;
        }

        using PointCloudReader reader = PointCloudReader.Open(path);
        PointColumns columns = new(0, PointAttributes.All);
        while (reader.Read(columns, 1000) > 0) { }
        Assert.Equal(expected, columns.Count);
        Assert.Equal(expected, reader.Header.PointCount);
    }

    [Fact]
    public void A_count_beyond_the_section_is_refused_when_opened_or_read()
    {
        byte[][] packet = [E57File.Doubles(1), E57File.Doubles(2), E57File.Doubles(3)];
        byte[] file = new E57File().Scan(long.MaxValue, Xyz, "", packet).ToBytes();
        Assert.Contains("cannot hold", Assert.Throws<InvalidPointCloudException>(() => new E57Reader(new MemoryStream(file), "f")).Problem);
        file = new E57File().Scan(3, Xyz, "", packet, [E57File.Doubles(1, 2, 3, 4), [], []]).ToBytes();
        using E57Reader reader = new(new MemoryStream(file), "f");
        Assert.Contains("2 records before the 3", Assert.Throws<InvalidPointCloudException>(() => { while (reader.Read(new PointColumns(0, PointAttributes.None), 1) > 0) { } }).Problem);
    }

    [Fact]
    public void Constants_alone_do_not_make_a_small_file_endless()
    {
        const string Constant = "type=\"Integer\" minimum=\"5\" maximum=\"5\"/>";
        byte[] file = new E57File().Scan(1L << 60, $"<cartesianX {Constant}<cartesianY {Constant}<cartesianZ {Constant}", "", [[], [], []]).ToBytes();
        Assert.Throws<InvalidPointCloudException>(() => new E57Reader(new MemoryStream(file), "f"));
    }

    [Fact]
    public void A_document_type_is_refused()
    {
        E57File file = new() { Root = "<!DOCTYPE a [<!ENTITY b \"c\">]>" };
        Assert.Contains("XML", Assert.Throws<InvalidPointCloudException>(() => new E57Reader(new MemoryStream(file.ToBytes()), "f")).Problem);
    }

    /// <summary>Without a limit, opening this takes minutes.</summary>
    [Fact]
    public void Elements_nested_without_end_are_refused_at_once()
    {
        string nested = string.Concat(Enumerable.Repeat("<a>", 200_000)) + string.Concat(Enumerable.Repeat("</a>", 200_000));
        byte[] file = new E57File { Root = $"<coordinateMetadata>{nested}</coordinateMetadata>" }.ToBytes();
        Assert.Contains("256 deep", Assert.Throws<InvalidPointCloudException>(() => new E57Reader(new MemoryStream(file), "f")).Problem);
    }

    [Fact]
    public void Another_codec_is_not_supported()
    {
        string scan = "</prototype><codecs type=\"Vector\"><vectorChild type=\"Structure\"><inputs/><deltaCodec type=\"Structure\"/></vectorChild></codecs><prototype>";
        byte[] file = new E57File().Scan(1, Xyz + scan, "", [E57File.Doubles(1), E57File.Doubles(2), E57File.Doubles(3)]).ToBytes();
        Assert.Contains("deltaCodec", Assert.Throws<UnsupportedPointCloudException>(() => new E57Reader(new MemoryStream(file), "f")).Problem);
    }

    [Fact]
    public void Where_damage_is_skipped_the_scan_ends_there_and_the_next_follows()
    {
        double[] values = [.. Enumerable.Range(0, 300).Select(i => (double)i)];
        byte[][] Packet(int start, int count) => [.. Enumerable.Repeat(E57File.Doubles(values[start..(start + count)]), 3)];
        byte[] file = new E57File().Scan(300, Xyz, "", Packet(0, 20), Packet(20, 280)).Scan(20, Xyz, "", Packet(100, 20)).ToBytes();
        file[3 * 1024] ^= 1;
        PointReadOptions skip = new() { CorruptChunks = CorruptChunks.Skip };
        using E57Reader reader = new(new MemoryStream(file), "f", skip);
        PointColumns columns = new(0, PointAttributes.None);
        List<(long, int)> runs = [];
        for (int count; (count = reader.Read(columns, 50)) > 0;) runs.Add((reader.FirstIndex, count));
        Assert.Equal([(0, 20), (300, 20)], runs);
        PointLoss loss = Assert.Single(reader.Losses);
        Assert.Equal((20, 280), (loss.FirstPoint, loss.Points));
        Assert.Contains("page 3", loss.Problem);

        using E57Reader strict = new(new MemoryStream(file), "f");
        Assert.Throws<InvalidPointCloudException>(() => { while (strict.Read(columns, 50) > 0) { } });
    }

    /// <summary>Single bits and cuts anywhere: points or an error of the ladder, nothing else.</summary>
    [Fact]
    public void Damage_anywhere_ends_in_the_ladder()
    {
        string prototype = "<cartesianX type=\"ScaledInteger\" minimum=\"0\" maximum=\"1000\" scale=\"0.001\"/><cartesianY type=\"Float\"/><cartesianZ type=\"Float\"/><cartesianInvalidState type=\"Integer\" minimum=\"0\" maximum=\"2\"/>";
        byte[] file = new E57File().Scan(3, prototype, "", [E57File.Bits(10, 1, 2, 3), E57File.Doubles(1, 2, 3), E57File.Doubles(1, 2, 3), [0]]).ToBytes();
        Random random = new(57);
        for (int round = 0; round < 3000; round++)
        {
            byte[] damaged = [.. file];
            for (int changes = random.Next(1, 4); changes > 0; changes--) damaged[random.Next(round % 2 == 0 ? 300 : damaged.Length)] = (byte)random.Next(256);
            for (int page = 0; page < damaged.Length / 1024; page++)
            {
                uint crc = E57File.Checksum(damaged.AsSpan(page * 1024, 1020));
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(damaged.AsSpan(page * 1024 + 1020), crc);
            }

            if (round % 10 == 0) Array.Resize(ref damaged, random.Next(damaged.Length));
            try
            {
                using E57Reader reader = new(new MemoryStream(damaged), "f", new PointReadOptions { CorruptChunks = round % 3 == 0 ? CorruptChunks.Skip : CorruptChunks.Refuse });
                PointColumns columns = new(0, PointAttributes.All);
                while (reader.Read(columns, 2) > 0) { }
                Assert.True(columns.Count < 10_000);
            }
            catch (PointCloudException)
            {
            }
        }
    }
}
