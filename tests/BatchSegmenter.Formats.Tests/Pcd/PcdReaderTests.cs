using BatchSegmenter.Formats.Tests.Records;

namespace BatchSegmenter.Formats.Tests.Pcd;

public class PcdReaderTests
{
    private const string Xyz = "VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 2\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 2\n";

    [Fact]
    public void Text_with_holes_packed_colour_and_values_beyond_floats()
    {
        // 4.2108e+06 is the float whose bits are 4A 80 80 E0.
        (PointCloudHeader header, PointColumns points) = Reading.All(Reading.Bytes(
            "# .PCD v.7\nVERSION .7\nFIELDS X y z rgb _ intensity\nSIZE 4 4 4 4 1 4\nTYPE F F F F U F\nCOUNT 1 1 1 1 2 1\nWIDTH 3\nHEIGHT 1\nPOINTS 3\nDATA ascii\n"
            + "4500000.123,1,2,4.2108e+06,0,0,17\nnan nan nan 0 0 0 0\n5 6 7 0 0 0 3\n"));
        Assert.Equal("pcd", header.Format);
        Assert.Equal(2, header.PointCount);
        Assert.Equal([4500000.123, 5], points.X[..2]);
        Assert.Equal([0x8000, 0], points.Red![..2].Select(value => (int)value));
        Assert.Equal([0xE000, 0], points.Blue![..2].Select(value => (int)value));
        Assert.Equal([(ushort)17, 3], points.Intensity![..2]);
        Assert.Contains("1 of 3", Assert.Single(header.Remarks));
    }

    [Fact]
    public void Binary_of_any_types_without_a_count_line()
    {
        byte[] file = Reading.Bytes(
            "VERSION .5\nFIELDS label z y x rgba\nSIZE 4 8 2 1 4\nTYPE U F I U U\nWIDTH 1\nHEIGHT 2\nDATA binary\n",
            [6, 0, 0, 0, .. BitConverter.GetBytes(2.5), 255, 255, 200, 0x30, 0x20, 0x10, 0xFF], [2, 0, 0, 0, .. BitConverter.GetBytes(double.NaN), 1, 0, 1, 1, 2, 3, 4]);
        (PointCloudHeader header, PointColumns points) = Reading.All(file);
        Assert.Equal(1, header.PointCount);
        Assert.Equal((200.0, -1, 2.5), (points.X[0], points.Y[0], points.Z[0]));
        Assert.Equal((0x1000, 0x2000, 0x3000), (points.Red![0], points.Green![0], points.Blue![0]));
        Assert.Equal(6, points.Classification![0]);
        Reading.AssertDamageIsTold(file);
    }

    [Fact]
    public void Compressed_points_of_literals_and_copies()
    {
        byte[] file = Compressed([.. Literals([0, 0, 128, 63]), 0x40, 3, .. Literals([0, 0, 0, 64]), 0x40, 3, .. Literals([0, 0, 64, 64, 0, 0, 128, 64])], 24);
        // X: 1 and a copy of it of 4 bytes (length code 2), Y likewise, Z as literals.
        (PointCloudHeader header, PointColumns points) = Reading.All(file);
        Assert.Equal(2, header.PointCount);
        Assert.Equal([1.0, 1], points.X[..2]);
        Assert.Equal([2.0, 2], points.Y[..2]);
        Assert.Equal([3.0, 4], points.Z[..2]);
        Reading.AssertDamageIsTold(file);
    }

    [Fact]
    public void A_long_copy_that_overlaps_itself()
    {
        // One zero byte, then a copy of 23 bytes from 1 back: length code 7 continued by 14.
        (_, PointColumns points) = Reading.All(Compressed([0, 0, 0xE0, 14, 0], 24));
        Assert.Equal(2, points.Count);
        Assert.Equal([0.0, 0], points.X[..2]);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0xE0, 13, 0 }, 24, "give 23 of the 24")]
    [InlineData(new byte[] { 0, 0, 0xE0, 15, 0 }, 24, "give more than the 24")]
    [InlineData(new byte[] { 0, 0, 0xE0, 14, 1 }, 24, "copy from 2 bytes back after 1")]
    [InlineData(new byte[] { 5, 0 }, 24, "end within literals")]
    [InlineData(new byte[] { 0, 0, 0xE0, 14 }, 24, "end within a copy")]
    [InlineData(new byte[] { 0, 0, 0xE0, 14, 0 }, 23, "stated to be 23 bytes")]
    public void Compressed_points_that_lie_are_one_clear_error(byte[] data, int uncompressed, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidPointCloudException>(() => Reading.Open(Compressed(data, uncompressed))).Message);

    [Fact]
    public void A_block_that_its_bytes_cannot_hold_takes_no_memory()
    {
        byte[] file = Reading.Bytes(Xyz.Replace("POINTS 2", "POINTS 100000000").Replace("WIDTH 2", "WIDTH 100000000") + "DATA binary_compressed\n",
            BitConverter.GetBytes(5), BitConverter.GetBytes(1_200_000_000), new byte[5]);
        Assert.Contains("cannot hold", Assert.Throws<InvalidPointCloudException>(() => Reading.Open(file)).Message);
    }

    [Theory]
    [InlineData("FIELDS x y\nSIZE 4 4\nTYPE F F\nPOINTS 1\nDATA ascii\n1 2\n", typeof(UnsupportedPointCloudException), "but x, y")]
    [InlineData("FIELDS x y z\nSIZE 4 4\nPOINTS 1\nDATA ascii\n1 2 3\n", typeof(InvalidPointCloudException), "SIZE has 2")]
    [InlineData("FIELDS x y z\nSIZE 4 4 3\nPOINTS 1\nDATA ascii\n1 2 3\n", typeof(InvalidPointCloudException), "SIZE 3")]
    [InlineData("FIELDS x y z\nPOINTS 9\nDATA binary\n123456781234", typeof(InvalidPointCloudException), "with 1 whole records")]
    [InlineData("FIELDS x y z\nPOINTS 9000000000000000000\nDATA binary_compressed\n12345678", typeof(InvalidPointCloudException), "header is corrupt")]
    [InlineData("FIELDS x y z\nWIDTH 9000000000000000000\nHEIGHT 9\nDATA binary\n", typeof(InvalidPointCloudException), "width")]
    [InlineData("FIELDS x y z a\nCOUNT 1 1 1 2147483647\nPOINTS 1\nDATA ascii\n1 2 3\n", typeof(UnsupportedPointCloudException), "values")]
    [InlineData("FIELDS x y z a\nCOUNT 1 1 1 2147483647\nPOINTS 1\nDATA binary\n1 2 3\n", typeof(UnsupportedPointCloudException), "bytes")]
    [InlineData("FIELDS x y z\nPOINTS 1\n", typeof(InvalidPointCloudException), "DATA")]
    [InlineData("POINTS 1\nDATA ascii\n", typeof(InvalidPointCloudException), "FIELDS")]
    public void What_cannot_be_read_is_one_clear_error(string text, Type type, string expected) =>
        Assert.Contains(expected, Assert.Throws(type, () => Reading.Open(Reading.Bytes("VERSION .7\n" + text))).Message);

    [SkippableFact]
    public void Every_real_file_has_its_points_and_the_ones_without_positions_say_what_they_have()
    {
        SampleFacts[] files = SampleFacts.Of("formats/pcd", ".pcd");
        Assert.Equal(72, files.Length);
        foreach (SampleFacts file in files)
        {
            string fields = file.Facts[(file.Facts.IndexOf("fields=", StringComparison.Ordinal) + 7)..];
            if (!fields.StartsWith("x y z", StringComparison.OrdinalIgnoreCase))
            {
                Assert.Contains(fields.Replace(" ", ", "), Assert.Throws<UnsupportedPointCloudException>(file.Open).Message);
                continue;
            }

            if (file.File.EndsWith("v5_compressed.pcd", StringComparison.Ordinal) || file.File.EndsWith("v6_compressed.pcd", StringComparison.Ordinal))
            {
                // They end with their headers, which promise a point.
                Assert.Contains("ends before the sizes", Assert.Throws<InvalidPointCloudException>(file.Open).Message);
                continue;
            }

            using PointCloudReader reader = file.Open();
            long holes = reader.Header.Remarks.Where(line => line.Contains("no finite")).Sum(line => long.Parse(line.Split(' ')[0]));
            Assert.True(file.Number("pts=") == reader.Header.PointCount + holes, $"{file.File}: {reader.Header.PointCount} and {holes}");
            Assert.Equal(file.File.Contains("pcl_logo") || file.File.Contains("capture0001"), reader.Header.Remarks.Any(line => line.Contains("viewpoint")));
            Assert.Equal(fields.Contains(" rgb"), reader.Header.Attributes.HasFlag(PointAttributes.Color));
            Assert.Equal(fields.Contains(" intensity"), reader.Header.Attributes.HasFlag(PointAttributes.Intensity));
            PointColumns points = Reading.All(reader);
            Assert.All(points.X.Take(points.Count), x => Assert.True(double.IsFinite(x)));
        }
    }

    [SkippableFact]
    public void Broken_files_are_refused()
    {
        SampleFacts[] files = SampleFacts.Of("broken", ".pcd");
        Assert.Equal(2, files.Length);
        foreach (SampleFacts file in files) Assert.ThrowsAny<PointCloudException>(file.Open);
    }

    private static byte[] Literals(byte[] bytes) => [(byte)(bytes.Length - 1), .. bytes];

    private static byte[] Compressed(byte[] data, int uncompressed) =>
        Reading.Bytes(Xyz + "DATA binary_compressed\n", BitConverter.GetBytes(data.Length), BitConverter.GetBytes(uncompressed), data);
}
