using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Formats.Npy;
using BatchSegmenter.Formats.Tests.Archives;
using BatchSegmenter.Formats.Tests.Records;

namespace BatchSegmenter.Formats.Tests.Npy;

public class NpyReaderTests
{
    [Theory]
    [InlineData(1, "<f4", false)]
    [InlineData(2, ">f4", false)]
    [InlineData(3, "<f4", true)]
    [InlineData(1, ">f4", true)]
    public void Four_columns_in_every_order(int version, string type, bool fortran)
    {
        float[] rows = [1, 2, 3, 40, 5, 6, 7, 80];
        float[] stored = fortran ? [1, 5, 2, 6, 3, 7, 40, 80] : rows;
        byte[] data = new byte[32];
        for (int i = 0; i < 8; i++)
            if (type[0] == '>') BinaryPrimitives.WriteSingleBigEndian(data.AsSpan(4 * i), stored[i]);
            else BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), stored[i]);
        byte[] file = Array(version, $"{{'descr': '{type}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': (2, 4), }}", data);
        (PointCloudHeader header, PointColumns points) = Reading.All(file);
        Assert.Equal("npy", header.Format);
        Assert.Equal(PointAttributes.Intensity, header.Attributes);
        Assert.Equal([1.0, 5], points.X[..2]);
        Assert.Equal([2.0, 6], points.Y[..2]);
        Assert.Equal([3.0, 7], points.Z[..2]);
        Assert.Equal([(ushort)40, 80], points.Intensity![..2]);
        Assert.Contains("x, y, z, intensity", Assert.Single(header.Remarks));
        Reading.AssertDamageIsTold(file);
    }

    [Fact]
    public void Seven_columns_are_position_colour_and_class()
    {
        double[] row = [1, 2, 3, 255, 128, 0, 12];
        (PointCloudHeader header, PointColumns points) = Reading.All(Array(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 7)}", [.. row.SelectMany(BitConverter.GetBytes)]));
        Assert.Equal(PointAttributes.Color | PointAttributes.Classification, header.Attributes);
        Assert.Equal((65280, 32768, 0), (points.Red![0], points.Green![0], points.Blue![0]));
        Assert.Equal(12, points.Classification![0]);
    }

    [Fact]
    public void Fields_by_name_and_halves()
    {
        (PointCloudHeader header, PointColumns points) = Reading.All(Array(
            1, "{'descr': [('xyz', '<f2', (3,)), ('other', '|u1', (2, 2)), ('rgb', '|u1', (3,)), ('label', '<i8')], 'fortran_order': False, 'shape': (1L,)}",
            [0, 0x3C, 0, 0x40, 0, 0xC2, 9, 9, 9, 9, 1, 2, 3, 5, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Equal(PointAttributes.Color | PointAttributes.Classification, header.Attributes);
        Assert.Equal((1.0, 2.0, -3.0), (points.X[0], points.Y[0], points.Z[0]));
        Assert.Equal((256, 512, 768), (points.Red![0], points.Green![0], points.Blue![0]));
        Assert.Equal(5, points.Classification![0]);
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}", typeof(UnsupportedPointCloudException), "shape (1, 2)")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9,)}", typeof(UnsupportedPointCloudException), "shape (9)")]
    [InlineData("{'descr': '<c8', 'fortran_order': False, 'shape': (1, 3)}", typeof(UnsupportedPointCloudException), "\"<c8\"")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1, 3)}", typeof(UnsupportedPointCloudException), "\"|O\"")]
    [InlineData("{'descr': [('x', '<f4'), ('y', '>f4')], 'fortran_order': False, 'shape': (1,)}", typeof(UnsupportedPointCloudException), "byte order")]
    [InlineData("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,)}", typeof(UnsupportedPointCloudException), "but x")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", typeof(InvalidPointCloudException), "promises 2")]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (9000000000000000000, 3)}", typeof(InvalidPointCloudException), "corrupt")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 3)}", typeof(InvalidPointCloudException), "shape")]
    [InlineData("{'descr': '<f4', 'shape': (1, 3)}", typeof(InvalidPointCloudException), "fortran_order")]
    [InlineData("{'descr': '<f4'", typeof(InvalidPointCloudException), "no end")]
    [InlineData("[[[[[[[[[[[[", typeof(InvalidPointCloudException), "deep")]
    [InlineData("nonsense", typeof(InvalidPointCloudException), "\"nonsense\"")]
    public void What_cannot_be_read_is_one_clear_error(string header, Type type, string expected) =>
        Assert.Contains(expected, Assert.Throws(type, () => Reading.Open(Array(1, header, new byte[12]))).Message);

    [Fact]
    public void The_cloud_of_an_archive_is_the_one_with_its_name_else_the_largest()
    {
        Assert.Equal("xyz.npy", NpzCloud.Choose([("big.npy", [900, 3]), ("xyz.npy", [5, 3]), ("arr_0.npy", [7, 3])]));
        Assert.Equal("b", NpzCloud.Choose([("points", [900, 2]), ("a", [10, 3]), ("b", [20, 6]), ("c", [99, 9])]));
        Assert.Equal("points.npy", NpzCloud.Choose([("points.npy", [4]), ("a.npy", [10, 3])]));
        Assert.Null(NpzCloud.Choose([("labels", [900])]));
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    public void An_archive_of_several_arrays_is_one_cloud(CompressionLevel level)
    {
        using PackedClouds archives = new();
        byte[] labels = Array(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", [4, 5]);
        byte[] points = Array(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}", [1, 2, 3, 4, 5, 6]);
        byte[] text = Array(1, "{'descr': '|O', 'fortran_order': False, 'shape': ()}", []);
        byte[] npz = PackedClouds.Zip(level, ("labels.npy", labels), ("more.npy", text), ("sub/points.npy", points), ("broken.npy", [1, 2, 3]));
        string path = archives.Save("room.npz", npz);
        using PointCloudReader reader = PointCloudReader.Open(path);
        Assert.Equal(2, reader.Header.PointCount);
        Assert.Equal($"the array of the archive that is read: {path}!/sub/points.npy", reader.Header.Remarks[0]);
        PointColumns columns = new(0, PointAttributes.None);
        Assert.Equal(2, reader.Read(columns, 10));
        Assert.Equal([1, 4], columns.X[..2]);
        Assert.Equal([new ArchiveMember($"{path}!/sub/points.npy", "sub/points.npy", points.Length)], ArchiveMembers.List(path));

        // In an archive of other archives' arrays it is one of the clouds; a zip of arrays is as many.
        string outer = archives.Save("rooms.zip", PackedClouds.Zip(("a/room.zip", npz), ("b.npy", points)));
        Assert.Equal(["a/room.zip/labels.npy", "a/room.zip/more.npy", "a/room.zip/sub/points.npy", "a/room.zip/broken.npy", "b.npy"], ArchiveMembers.List(outer).Select(member => member.Name));
    }

    [Fact]
    public void An_archive_without_an_array_that_is_a_cloud_tells_its_arrays()
    {
        using PackedClouds archives = new();
        byte[] labels = Array(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", [4, 5]);
        string path = archives.Save("labels.npz", PackedClouds.Zip(("a.npy", labels), ("points.npy", labels)));
        Assert.Contains("name one of them", Assert.Throws<UnsupportedPointCloudException>(() => PointCloudReader.Open(path)).Message, StringComparison.Ordinal);
    }

    private static byte[] Array(int version, string header, byte[] data)
    {
        byte[] text = Encoding.ASCII.GetBytes(header + "\n");
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes(text.Length);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. text, .. data];
    }
}
