using System.Buffers.Binary;
using BatchSegmenter.Formats.Tests.Records;

namespace BatchSegmenter.Formats.Tests.Ply;

public class PlyReaderTests
{
    private const string Vertex = "property float x\nproperty float y\nproperty float z\n";

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Text_in_any_property_order_and_line_end(string end)
    {
        (PointCloudHeader header, PointColumns points) = Reading.All(Reading.Bytes(
            ("ply\nformat ascii 1.0\ncomment c\nelement vertex 2\nproperty uchar blue\nproperty float64 Z\nproperty list uchar int l\nproperty int x\n"
            + "property uchar red\nproperty short y\nproperty uchar green\nproperty ushort scalar_Intensity\nproperty uchar label\nelement face 1\n"
            + "property list uchar int vertex_indices\nend_header\n3 2.5 2 7 8 -1 1 5 2 700 6\n\n30 1e3 0 10 10 50 20 7 9\n3 0 1 2\n").Replace("\n", end)));
        Assert.Equal(2, header.PointCount);
        Assert.Equal("ply", header.Format);
        Assert.Equal(PointAttributes.Color | PointAttributes.Intensity | PointAttributes.Classification, header.Attributes);
        Assert.Equal([-1.0, 10], points.X[..2]);
        Assert.Equal([5.0, 50], points.Y[..2]);
        Assert.Equal([2.5, 1000], points.Z[..2]);
        Assert.Equal([256, 2560], points.Red![..2].Select(value => (int)value));
        Assert.Equal([512, 5120], points.Green![..2].Select(value => (int)value));
        Assert.Equal([768, 7680], points.Blue![..2].Select(value => (int)value));
        Assert.Equal([(ushort)700, 7], points.Intensity![..2]);
        Assert.Equal([(byte)6, 9], points.Classification![..2]);
        Assert.Equal((-1.0, 5, 2.5), header.Min);
        Assert.Equal((10.0, 50, 1000), header.Max);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Binary_in_both_byte_orders_behind_another_element_with_lists(bool big)
    {
        string format = big ? "binary_big_endian" : "binary_little_endian";
        byte[] file = Reading.Bytes(
            $"ply\nformat {format} 1.0\nelement face 2\nproperty list uchar ushort i\nproperty float f\nelement other 1\nproperty double d\nelement vertex 2\n"
            + "property int16 x\nproperty float64 y\nproperty float z\nproperty ushort red\nproperty ushort green\nproperty ushort blue\nproperty double gps_time\nend_header\n",
            [2, 1, 2, 3, 4, 0, 0, 0, 0], [0, 0, 0, 0, 0], new byte[8], Vertices(-2, 1.25, 0.5f), Vertices(300, -7, 1e6f));
        (PointCloudHeader header, PointColumns points) = Reading.All(file);
        Assert.Equal(PointAttributes.Color | PointAttributes.GpsTime, header.Attributes);
        Assert.Equal([-2.0, 300], points.X[..2]);
        Assert.Equal([1.25, -7], points.Y[..2]);
        Assert.Equal([0.5, 1e6], points.Z[..2]);
        Assert.Equal([(ushort)1, 1], points.Red![..2]);
        Assert.Equal([(ushort)0x1234, 0x1234], points.Green![..2]);
        Assert.Equal([(ushort)65535, 65535], points.Blue![..2]);
        Assert.Equal([99.5, 99.5], points.GpsTime![..2]);
        Assert.Equal([(ushort)0, 0], points.Intensity![..2]);

        byte[] Vertices(short x, double y, float z) =>
        [
            .. Order(BitConverter.GetBytes(x)), .. Order(BitConverter.GetBytes(y)), .. Order(BitConverter.GetBytes(z)),
            .. Order([1, 0]), .. Order([0x34, 0x12]), .. Order([255, 255]), .. Order(BitConverter.GetBytes(99.5)),
        ];
        byte[] Order(byte[] bytes) => big ? [.. bytes.Reverse()] : bytes;
    }

    [Fact]
    public void Lists_within_the_vertices_are_passed_over()
    {
        byte[] file = Reading.Bytes(
            "ply\nformat binary_big_endian 1.0\nelement vertex 2\nproperty list uchar int l\nproperty uchar x\nproperty list int uchar m\nproperty uchar y\nproperty short z\nend_header\n",
            [1, 9, 9, 9, 9, 11, 0, 0, 0, 2, 8, 8, 12, 1, 2], [0, 21, 0, 0, 0, 0, 22, 255, 255]);
        (_, PointColumns points) = Reading.All(file);
        Assert.Equal([11.0, 21], points.X[..2]);
        Assert.Equal([12.0, 22], points.Y[..2]);
        Assert.Equal([258.0, -1], points.Z[..2]);
        Reading.AssertDamageIsTold(file);
    }

    [Theory]
    [InlineData("0.5", "1", 32768, 65535)] // fractions of 1
    [InlineData("51", "255", 51 * 256, 255 * 256)] // bytes
    [InlineData("4000", "65535", 4000, 65535)] // 16 bits
    public void Colours_as_floats_are_scaled_by_their_range(string first, string second, int expectedFirst, int expectedSecond)
    {
        byte[] file = Reading.Bytes(
            $"ply\nformat ascii 1.0\nelement vertex 2\n{Vertex}property float r\nproperty float g\nproperty float b\nend_header\n1 2 3 {first} 0 0\n1 2 3 0 {second} 0\n");
        (PointCloudHeader header, PointColumns points) = Reading.All(file);
        Assert.Equal(expectedFirst, points.Red![0]);
        Assert.Equal(expectedSecond, points.Green![1]);
        Assert.Single(header.Remarks);
    }

    [Fact]
    public void An_intensity_of_fractions_is_scaled_and_labels_beyond_the_class_codes_are_left_out()
    {
        (PointCloudHeader header, PointColumns points) = Reading.All(Reading.Bytes(
            $"ply\nformat ascii 1.0\nelement vertex 2\n{Vertex}property float intensity\nproperty int label\nend_header\n1 2 3 0.25 -1\n4 5 6 1 2\n"));
        Assert.Equal(PointAttributes.Intensity, header.Attributes);
        Assert.Equal([(ushort)16384, 65535], points.Intensity![..2]);
        Assert.Equal([(byte)0, 0], points.Classification![..2]);
        Assert.Equal(2, header.Remarks.Count);
    }

    [Fact]
    public void Vertices_without_a_position_are_no_points()
    {
        byte[] file = Reading.Bytes($"ply\nformat ascii 1.0\nelement vertex 4\n{Vertex}end_header\nnan 1 1\n1 2 3\n4 -nan(ind) 5\n6 7 8\n");
        using PointCloudReader reader = Reading.Open(file);
        Assert.Equal(2, reader.Header.PointCount);
        PointColumns columns = new(0, PointAttributes.None);
        Assert.Equal(1, reader.Read(columns, 1));
        Assert.Equal(0, reader.FirstIndex);
        Assert.Equal(1, reader.Read(columns, 5));
        Assert.Equal(1, reader.FirstIndex);
        Assert.Equal(0, reader.Read(columns, 5));
        Assert.Equal([1.0, 6], columns.X[..2]);
        Assert.Contains("2 of 4", reader.Header.Remarks[0]);
    }

    [Theory]
    [InlineData("format ascii 1.0\nelement vertex 1\nproperty float x\nproperty float q\nend_header\n1 2\n", typeof(UnsupportedPointCloudException), "but x, q")]
    [InlineData("format ascii 1.0\nelement face 1\nproperty float q\nend_header\n1\n", typeof(UnsupportedPointCloudException), "there are face")]
    [InlineData("format ascii 1.0\nelement vertex 1\n" + Vertex + "end_header\n1 2\n", typeof(InvalidPointCloudException), "after 2 of 3 values")]
    [InlineData("format ascii 1.0\nelement vertex 1\n" + Vertex + "end_header\n1 2 3 4\n", typeof(InvalidPointCloudException), "\"4\" follows")]
    [InlineData("format ascii 1.0\nelement vertex 1\n" + Vertex + "end_header\n1 b 3\n", typeof(InvalidPointCloudException), "\"b\" where")]
    [InlineData("format ascii 1.0\nelement vertex 2\n" + Vertex + "end_header\n1 2 3\n", typeof(InvalidPointCloudException), "after 1 of 2 points")]
    [InlineData("format binary_little_endian 1.0\nelement vertex 9000000000000000000\n" + Vertex + "end_header\n1 2 3\n", typeof(InvalidPointCloudException), "promises 9000000000000000000")]
    [InlineData("format binary 1.0\nelement vertex 1\n" + Vertex + "end_header\n", typeof(InvalidPointCloudException), "format \"binary\"")]
    [InlineData("format ascii 1.0\nelement vertex -1\n" + Vertex + "end_header\n", typeof(InvalidPointCloudException), "\"-1\"")]
    [InlineData("format ascii 1.0\nelement vertex 1\nproperty quad x\nend_header\n", typeof(InvalidPointCloudException), "\"quad\"")]
    [InlineData("format ascii 1.0\nwhat\n", typeof(InvalidPointCloudException), "\"what\"")]
    [InlineData("format ascii 1.0\n", typeof(InvalidPointCloudException), "end_header")]
    [InlineData("end_header\n", typeof(InvalidPointCloudException), "no format")]
    public void What_cannot_be_read_is_one_clear_error(string text, Type type, string expected)
    {
        Exception error = Assert.Throws(type, () => Reading.Open(Reading.Bytes("ply\n" + text)));
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void A_cut_file_gives_its_whole_points_and_one_loss_when_asked_to()
    {
        byte[] points = new byte[40];
        for (int i = 0; i < 10; i++) BinaryPrimitives.WriteSingleLittleEndian(points.AsSpan(4 * i), i);
        byte[] file = Reading.Bytes($"ply\nformat binary_little_endian 1.0\nelement vertex 5\n{Vertex}end_header\n", points);
        Assert.Contains("3 whole records", Assert.Throws<InvalidPointCloudException>(() => Reading.Open(file)).Message);
        using PointCloudReader reader = Reading.Open(file, CorruptChunks.Skip);
        Assert.Equal([0.0, 3, 6], Reading.All(reader).X[..3]);
        PointLoss loss = Assert.Single(reader.Losses);
        Assert.Equal((3L, 2L, file.Length - 4L, 4L), (loss.FirstPoint, loss.Points, loss.Offset, loss.Length));
    }

    [SkippableFact]
    public void Every_real_file_has_the_vertices_that_its_header_promises()
    {
        SampleFacts[] files = SampleFacts.Of("formats/ply", ".ply");
        Assert.Equal(31, files.Length);
        foreach (SampleFacts file in files)
        {
            if (file.File.EndsWith("unsized_dims.ply", StringComparison.Ordinal))
            {
                Assert.Contains("y, x, i, j", Assert.Throws<UnsupportedPointCloudException>(file.Open).Message);
                continue;
            }

            using PointCloudReader reader = file.Open();
            bool isOther = file.File.EndsWith("PLYascii.ply", StringComparison.Ordinal);
            Assert.True(file.Number(isOther ? "pc1=" : "vertex=") == reader.Header.PointCount, $"{file.File}: {reader.Header.PointCount}");
            Assert.Equal(isOther ? 1 : 0, reader.Header.Remarks.Count(line => line.Contains("\"pc1\"")));
            if (file.Facts.Split("list")[0].Contains("uchar red")) Assert.True(reader.Header.Attributes.HasFlag(PointAttributes.Color), file.File);
            PointColumns columns = Reading.All(reader);
            Assert.Equal(reader.Header.Min.X, columns.X.Take(columns.Count).Min());
            Assert.Equal(reader.Header.Max.Z, columns.Z.Take(columns.Count).Max());
        }
    }

    [SkippableFact]
    public void Values_of_real_files()
    {
        PointCloudReader reader = PointCloudReader.Open(BatchSegmenter.Tests.SharedFiles.Require("formats/ply/java-delaunay.ply"));
        Assert.Equal(
            PointAttributes.Color | PointAttributes.Intensity | PointAttributes.ReturnNumber | PointAttributes.NumberOfReturns | PointAttributes.ScanDirectionFlag
            | PointAttributes.EdgeOfFlightLine | PointAttributes.Classification | PointAttributes.ScanAngle | PointAttributes.UserData | PointAttributes.PointSourceId
            | PointAttributes.GpsTime,
            reader.Header.Attributes);
    }

    [SkippableFact]
    public void Broken_files_are_refused_by_name_of_the_fault_and_whole_ones_read()
    {
        foreach (SampleFacts file in SampleFacts.Of("broken", ".ply"))
        {
            if (file.File.Contains("invalid_comments"))
            {
                // Its comments are not what one program expects; the format does not mind.
                using PointCloudReader reader = file.Open();
                Assert.Equal(3, Reading.All(reader).Count);
            }
            else Assert.ThrowsAny<PointCloudException>(file.Open);
        }
    }

    [Theory]
    [InlineData("ascii", "1 2 3\n4 5 6\n")]
    [InlineData("binary_little_endian", "012345678901012345678901")]
    public void Damage_anywhere_is_told(string format, string data) =>
        Reading.AssertDamageIsTold(Reading.Bytes($"ply\nformat {format} 1.0\nelement vertex 2\n{Vertex}element face 0\nproperty list uchar int l\nend_header\n{data}"));
}
