using System.Buffers.Binary;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Las;

public class LasReaderTests
{
    [SkippableFact]
    public void Every_real_file_has_the_records_that_LASzip_reads()
    {
        RecordsList[] rows = RecordsList.Of("las");
        Assert.True(rows.Length > 100);
        Assert.Empty(rows.Select(row => row.Mismatch(recordsPerRead: 1000)).OfType<string>());
    }

    [SkippableTheory]
    [InlineData("laz")]
    [InlineData("copc")]
    public void Every_compressed_file_has_the_header_and_records_that_LASzip_reads(string folder)
    {
        RecordsList[] rows = RecordsList.Of(folder);
        Assert.True(rows.Length > 20);
        // The decoder's own tests hash every file; here the large ones only have their headers compared.
        Assert.Empty(rows.Select(row => row.Mismatch(recordsPerRead: 4096, maxPointsHashed: 15_000)).OfType<string>());
    }

    [SkippableFact]
    public void Columns_are_the_fields_of_the_records_in_any_run_length()
    {
        foreach (RecordsList row in RecordsList.Of("las").Where(row => row.PointCount is > 0 and < 1100))
        {
            using LasReader raw = new(row.FullPath), whole = new(row.FullPath), runs = new(row.FullPath);
            byte[] records = new byte[row.PointCount * row.RecordLength];
            Assert.Equal(row.PointCount, raw.ReadRecords(records));
            PointColumns all = new(0, PointAttributes.All), pieces = new(0, PointAttributes.All);
            Assert.Equal(row.PointCount, whole.Read(all, int.MaxValue));
            while (runs.Read(pieces, 7) > 0) { }
            Assert.Equal(row.PointCount, pieces.Count);

            for (int i = 0; i < all.Count; i++)
            {
                ReadOnlySpan<byte> record = records.AsSpan(i * row.RecordLength, row.RecordLength);
                AssertSame(ExpectedOf(record, raw.Las), PointOf(all, i), row.Path, i);
                AssertSame(PointOf(all, i), PointOf(pieces, i), row.Path, i);
            }
        }
    }

    [SkippableFact]
    public void Attributes_that_were_not_asked_for_are_left_out_and_those_that_the_format_lacks_are_zeros()
    {
        using LasReader reader = new(SharedFiles.Require("formats/las/laz-perf-point10.las"));
        PointColumns columns = new(0, PointAttributes.GpsTime | PointAttributes.Color);
        reader.Read(columns, 100);
        Assert.Equal(100, columns.Count);
        Assert.Null(columns.Intensity);
        Assert.All(columns.GpsTime!.Take(100), time => Assert.Equal(0, time));
        Assert.All(columns.Red!.Take(100), red => Assert.Equal(0, red));
        Assert.Equal(PointAttributes.None, reader.Header.Attributes & (PointAttributes.GpsTime | PointAttributes.Color));
    }

    [Theory]
    [InlineData(107, 4, 3u, "promises 3 points")] // a count beyond the bytes
    [InlineData(96, 4, 100u, "within the header")]
    [InlineData(96, 4, 5000u, "the file has")]
    [InlineData(94, 2, 60u, "header size 60")]
    [InlineData(105, 2, 19u, "record length 19")]
    public void A_header_field_that_lies_is_one_clear_error(int offset, int length, uint value, string expected)
    {
        byte[] file = Minimal(points: 2);
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        bytes.AsSpan(0, length).CopyTo(file.AsSpan(offset));
        var error = Assert.Throws<InvalidPointCloudException>(() => new LasReader(new MemoryStream(file), "a.las"));
        Assert.Contains(expected, error.Message);
        Assert.StartsWith("a.las at byte ", error.Message);
        Assert.NotNull(error.Offset);
    }

    [Theory]
    [InlineData(25, 9, "version 1.9")]
    [InlineData(104, 11, "point format 11")]
    public void A_version_or_format_of_the_future_is_not_supported(int offset, byte value, string expected)
    {
        byte[] file = Minimal(points: 1);
        file[offset] = value;
        Assert.Contains(expected, Assert.Throws<UnsupportedPointCloudException>(() => new LasReader(new MemoryStream(file), "a.las")).Message);
    }

    [Fact]
    public void Cut_anywhere_a_file_gives_one_error_and_whole_it_gives_its_points()
    {
        byte[] file = Minimal(points: 3);
        for (int length = 0; length < file.Length; length++)
        {
            byte[] cut = file[..length];
            PointCloudException error = Assert.ThrowsAny<PointCloudException>(() => new LasReader(new MemoryStream(cut), "cut.las"));
            Assert.True(error.Offset <= length, error.Message);
        }

        using LasReader reader = new(new MemoryStream([.. file, 1, 2, 3]), "trailing.las");
        PointColumns columns = new(0, PointAttributes.None);
        Assert.Equal(3, reader.Read(columns, 10));
        Assert.Equal(0, reader.Read(columns, 10));
    }

    [Fact]
    public void A_vlr_count_that_lies_loses_no_points()
    {
        byte[] file = Minimal(points: 2);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(100), uint.MaxValue);
        using LasReader reader = new(new MemoryStream(file), "a.las");
        Assert.Empty(reader.Vlrs);
        Assert.Equal(2, reader.Read(new PointColumns(0, PointAttributes.None), 5));
    }

    [Fact]
    public void The_64_bit_count_rules_where_there_is_one()
    {
        byte[] file = new byte[375 + 30];
        Minimal(points: 0).AsSpan(0, 227).CopyTo(file);
        file[25] = 4;
        file[104] = 6;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(94), 375);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(96), 375);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(105), 30);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(107), 77);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(247), 1);
        using LasReader reader = new(new MemoryStream(file), "a.las");
        Assert.Equal(1, reader.Header.PointCount);
        Assert.Equal(77u, reader.Las.LegacyPointCount);
    }

    [SkippableFact]
    public void Every_broken_file_gives_its_points_or_one_error()
    {
        string[] files = Directory.GetFiles(SharedFiles.Require("broken"), "*.la?");
        Assert.NotEmpty(files);
        List<string> read = [];
        foreach (string file in files)
        {
            try
            {
                using PointCloudReader reader = PointCloudReader.Open(file);
                PointColumns columns = new(0, PointAttributes.All);
                while (reader.Read(columns, 1000) > 0) columns.Count = 0;
                read.Add(Path.GetFileName(file));
            }
            catch (PointCloudException error)
            {
                Assert.StartsWith(file, error.Message);
                Assert.DoesNotContain('\n', error.Message);
            }
        }

        // What LASzip reads of them is read here too.
        Assert.Superset(
            new HashSet<string>
            {
                "laspy-unregistered_extra_bytes.las", "lasr-malformed_extrabytes.las", "liblas-bad_points_1.1.las", "pdal-1.2-empty-geotiff-vlrs.las",
                "pdal-bad_vlr_count.las", "pdal-gps-time-nan.las", "pdal-lots_of_vlr.las", "pdal-spurious.las",
            },
            read.ToHashSet());
    }

    [SkippableTheory]
    [InlineData("formats/las/laszip-5points_14.las")]
    [InlineData("formats/las/liblas-2-1.2_3.las")]
    [InlineData("formats/laz/laz-perf-point10-1.0.laz")]
    public void Any_damaged_byte_before_the_points_gives_points_or_one_error(string path)
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Require(path));
        int end = (int)BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(96));
        int read = 0, failed = 0;
        PointColumns columns = new(0, PointAttributes.All);
        foreach (byte mask in (ReadOnlySpan<byte>)[0xFF, 0x01, 0x80])
        {
            for (int at = 0; at < end; at++)
            {
                byte[] damaged = [.. file];
                damaged[at] ^= mask;
                try
                {
                    using LasReader reader = new(new MemoryStream(damaged), "damaged");
                    using LasRelabeller relabeller = new(reader, new MemoryStream(), withConfidence: true);
                    using LasReader again = new(new MemoryStream(damaged), "damaged");
                    columns.Count = 0;
                    while (again.Read(columns, 1000) > 0) columns.Count = 0;
                    read++;
                }
                catch (PointCloudException)
                {
                    failed++;
                }
            }
        }

        Assert.True(read > 0 && failed > 0, $"{read} read, {failed} failed");
    }

    /// <summary>A LAS 1.2 file of format 0 whose points are zeros.</summary>
    internal static byte[] Minimal(int points)
    {
        byte[] file = new byte[227 + 20 * points];
        "LASF"u8.CopyTo(file);
        file[24] = 1;
        file[25] = 2;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(94), 227);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(96), 227);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(105), 20);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(107), (uint)points);
        for (int axis = 0; axis < 3; axis++) BinaryPrimitives.WriteDoubleLittleEndian(file.AsSpan(131 + 8 * axis), 0.01);
        return file;
    }

    private static void AssertSame(double[] expected, double[] actual, string path, int point)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.True(expected[i].Equals(actual[i]), $"{path}, point {point}, field {i}: {actual[i]} instead of {expected[i]}");
    }

    private static double[] PointOf(PointColumns c, int i) =>
    [
        c.X[i], c.Y[i], c.Z[i], c.Intensity![i], c.ReturnNumber![i], c.NumberOfReturns![i], c.Classification![i],
        (double)c.ClassificationFlags![i], c.ScannerChannel![i], c.ScanDirectionFlag![i], c.EdgeOfFlightLine![i], c.ScanAngle![i],
        c.UserData![i], c.PointSourceId![i], c.GpsTime![i], c.Red![i], c.Green![i], c.Blue![i], c.Nir![i],
    ];

    /// <summary>The fields one by one, as the tables of the specification give them.</summary>
    private static double[] ExpectedOf(ReadOnlySpan<byte> r, LasHeader h)
    {
        int f = h.PointFormat;
        double x = BitConverter.ToInt32(r) * h.Scale.X + h.Offset.X;
        double y = BitConverter.ToInt32(r[4..]) * h.Scale.Y + h.Offset.Y;
        double z = BitConverter.ToInt32(r[8..]) * h.Scale.Z + h.Offset.Z;
        double intensity = BitConverter.ToUInt16(r[12..]);
        int color = f switch { 2 => 20, 3 or 5 => 28, 7 or 8 or 10 => 30, _ => -1 };
        double red = color < 0 ? 0 : BitConverter.ToUInt16(r[color..]);
        double green = color < 0 ? 0 : BitConverter.ToUInt16(r[(color + 2)..]);
        double blue = color < 0 ? 0 : BitConverter.ToUInt16(r[(color + 4)..]);
        double nir = f is 8 or 10 ? BitConverter.ToUInt16(r[36..]) : 0;
        double time = f is 0 or 2 ? 0 : BitConverter.ToDouble(r[(f >= 6 ? 22 : 20)..]);
        return f >= 6
            ?
            [
                x, y, z, intensity, r[14] & 15, r[14] >> 4, r[16], r[15] & 15, (r[15] >> 4) & 3, (r[15] >> 6) & 1, r[15] >> 7,
                BitConverter.ToInt16(r[18..]) * 0.006f, r[17], BitConverter.ToUInt16(r[20..]), time, red, green, blue, nir,
            ]
            :
            [
                x, y, z, intensity, r[14] & 7, (r[14] >> 3) & 7, r[15] & 31, r[15] >> 5, 0, (r[14] >> 6) & 1, r[14] >> 7, (sbyte)r[16], r[17],
                BitConverter.ToUInt16(r[18..]), time, red, green, blue, nir,
            ];
    }
}
