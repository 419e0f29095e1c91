using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Las;

public class LasWriterTests
{
    [Theory]
    [InlineData(2, 0)]
    [InlineData(2, 3)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(4, 6)]
    [InlineData(4, 7)]
    [InlineData(4, 8)]
    public void What_is_written_is_read_again_with_bounds_and_counts(int minor, int format)
    {
        PointColumns written = Sample(5000, format);
        MemoryStream file = new();
        LasWriterOptions options = new()
        {
            VersionMinor = minor, PointFormat = format, Scale = (0.01, 0.01, 0.001), Offset = (500000, 6000000, 0), Epsg = 2154,
            SystemIdentifier = "test", CreationYear = 2024, CreationDayOfYear = 60, FileSourceId = 9,
        };
        using (LasWriter writer = new(file, options, leaveOpen: true))
        {
            writer.Write(written);
            written.Count = 10;
            writer.Write(written);
            Assert.Equal(5010, writer.PointCount);
        }

        file.Position = 0;
        using LasReader reader = new(file, "written.las");
        PointColumns read = new(0, PointAttributes.All);
        Assert.Equal(5010, reader.Read(read, int.MaxValue));
        PointAttributes has = reader.Header.Attributes;
        for (int i = 0; i < 5010; i++)
        {
            int s = i % 5000;
            Assert.Equal(written.X[s], read.X[i], 0.00501);
            Assert.Equal(written.Z[s], read.Z[i], 0.000501);
            Assert.Equal(written.Intensity![s], read.Intensity![i]);
            Assert.Equal(written.ReturnNumber![s], read.ReturnNumber![i]);
            Assert.Equal(written.NumberOfReturns![s], read.NumberOfReturns![i]);
            Assert.Equal(written.Classification![s], read.Classification![i]);
            Assert.Equal(written.ClassificationFlags![s] & (format >= 6 ? (ClassificationFlags)15 : (ClassificationFlags)7), read.ClassificationFlags![i]);
            Assert.Equal(written.ScanDirectionFlag![s], read.ScanDirectionFlag![i]);
            Assert.Equal(written.EdgeOfFlightLine![s], read.EdgeOfFlightLine![i]);
            Assert.Equal(written.ScanAngle![s], read.ScanAngle![i], format >= 6 ? 0.00301f : 0.501f);
            Assert.Equal(written.UserData![s], read.UserData![i]);
            Assert.Equal(written.PointSourceId![s], read.PointSourceId![i]);
            Assert.Equal((has & PointAttributes.GpsTime) != 0 ? written.GpsTime![s] : 0, read.GpsTime![i]);
            Assert.Equal((has & PointAttributes.Color) != 0 ? written.Green![s] : 0, read.Green![i]);
            Assert.Equal((has & PointAttributes.Nir) != 0 ? written.Nir![s] : 0, read.Nir![i]);
            Assert.Equal((has & PointAttributes.ScannerChannel) != 0 ? written.ScannerChannel![s] : 0, read.ScannerChannel![i]);
        }

        Assert.Equal(read.X.Take(5010).Min(), reader.Header.Min.X, 1e-9);
        Assert.Equal(read.Z.Take(5010).Max(), reader.Header.Max.Z, 1e-9);
        Assert.Equal(5010, reader.Las.PointsByReturn().Sum(n => (long)n));
        Assert.Equal((ulong)read.ReturnNumber!.Take(5010).Count(n => n == 2), reader.Las.PointsByReturn()[1]);
        Assert.Equal(2154, reader.Header.Crs.Epsg);
        Assert.Equal("test", reader.Las.SystemIdentifier);
        Assert.Equal((2024, 60, 9), (reader.Las.CreationYear, reader.Las.CreationDayOfYear, reader.Las.FileSourceId));
    }

    [Fact]
    public void Extra_bytes_and_well_known_text_are_written()
    {
        MemoryStream file = new();
        LasWriterOptions options = new()
        {
            Offset = (500000, 6000000, 0), ExtraBytesLength = 4, Wkt = "LOCAL_CS[\"site\",UNIT[\"metre\",1]]",
            Vlrs = [LasVlr.Create("LASF_Spec", 4, "", LasExtraBytes.Descriptor("confidence", LasExtraBytesType.Float32, "share of votes"))],
        };
        using (LasWriter writer = new(file, options, leaveOpen: true)) writer.Write(Sample(3, 6), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        using LasReader reader = new(file, "written.las");
        LasExtraBytes extra = Assert.Single(reader.ExtraBytes);
        Assert.Equal(("confidence", LasExtraBytesType.Float32, 30), (extra.Name, extra.Type, extra.Offset));
        Assert.Equal(CrsKind.Local, reader.Header.Crs.Kind);
        Assert.Equal(16, reader.Las.GlobalEncoding & 16);
        byte[] records = new byte[3 * 34];
        reader.ReadRecords(records);
        Assert.Equal([5, 6, 7, 8], records[64..68]);
    }

    [Fact]
    public void A_file_without_points_is_a_file()
    {
        MemoryStream file = new();
        using (LasWriter writer = new(file, new LasWriterOptions(), leaveOpen: true)) { }
        using LasReader reader = new(file, "empty.las");
        Assert.Equal(0, reader.Read(new PointColumns(0, PointAttributes.All), 10));
    }

    [Theory]
    [InlineData(2, 6, "needs LAS 1.4")]
    [InlineData(4, 4, "formats 0-3 and 6-8")]
    [InlineData(1, 0, "version 1.1")]
    public void Options_that_contradict_each_other_are_refused(int minor, int format, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(
            () => new LasWriter(new MemoryStream(), new LasWriterOptions { VersionMinor = minor, PointFormat = format })).Message);

    [Fact]
    public void What_a_record_cannot_hold_is_refused()
    {
        PointColumns columns = Sample(1, 6);
        columns.X[0] = 1e9;
        using LasWriter coarse = new(new MemoryStream(), new LasWriterOptions());
        Assert.Contains("does not fit offset", Assert.Throws<ArgumentException>(() => coarse.Write(columns)).Message);
        columns.X[0] = double.NaN;
        Assert.Throws<ArgumentException>(() => coarse.Write(columns));

        PointColumns high = Sample(1, 6);
        high.Classification![0] = 64;
        using LasWriter legacy = new(new MemoryStream(), new LasWriterOptions { PointFormat = 1, VersionMinor = 2, Offset = (500000, 6000000, 0) });
        Assert.Contains("--point-format", Assert.Throws<ArgumentException>(() => legacy.Write(high)).Message);
    }

    private static PointColumns Sample(int count, int format)
    {
        Random random = new(7);
        PointColumns columns = new(count, PointAttributes.All) { Count = count };
        for (int i = 0; i < count; i++)
        {
            columns.X[i] = 500000 + 1000 * random.NextDouble();
            columns.Y[i] = 6000000 + 1000 * random.NextDouble();
            columns.Z[i] = 100 * random.NextDouble() - 20;
            columns.Intensity![i] = (ushort)random.Next(65536);
            columns.ReturnNumber![i] = (byte)random.Next(1, format >= 6 ? 16 : 6);
            columns.NumberOfReturns![i] = (byte)random.Next(1, format >= 6 ? 16 : 8);
            columns.Classification![i] = (byte)random.Next(format >= 6 ? 256 : 32);
            columns.ClassificationFlags![i] = (ClassificationFlags)random.Next(16);
            columns.ScannerChannel![i] = (byte)random.Next(4);
            columns.ScanDirectionFlag![i] = (byte)random.Next(2);
            columns.EdgeOfFlightLine![i] = (byte)random.Next(2);
            columns.ScanAngle![i] = (float)(60 * random.NextDouble() - 30);
            columns.UserData![i] = (byte)random.Next(256);
            columns.PointSourceId![i] = (ushort)random.Next(65536);
            columns.GpsTime![i] = random.NextDouble() * 1e8;
            columns.Red![i] = (ushort)random.Next(65536);
            columns.Green![i] = (ushort)random.Next(65536);
            columns.Blue![i] = (ushort)random.Next(65536);
            columns.Nir![i] = (ushort)random.Next(65536);
        }

        return columns;
    }
}
