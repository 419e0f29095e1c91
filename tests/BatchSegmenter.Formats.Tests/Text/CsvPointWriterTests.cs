using System.Text;
using BatchSegmenter.Formats.Text;

namespace BatchSegmenter.Formats.Tests.Text;

public class CsvPointWriterTests
{
    [Fact]
    public void The_text_is_what_one_expects()
    {
        PointColumns points = new(1, PointAttributes.Classification | PointAttributes.Color | PointAttributes.GpsTime) { Count = 1 };
        (points.X[0], points.Y[0], points.Z[0]) = (0.1, -1e300, 12345678.125);
        points.Classification![0] = 200;
        points.Red![0] = 7;
        points.Blue![0] = 65535;
        points.GpsTime![0] = 1.5;
        Assert.Equal("x,y,z,classification,gps_time,red,green,blue\n0.1,-1E+300,12345678.125,200,1.5,0007,0000,65535\n", Encoding.ASCII.GetString(Write(points)));
    }

    [Theory]
    [InlineData(65536)]
    [InlineData(200)]
    public void What_is_written_reads_back_exactly(int colors)
    {
        Random random = new(3);
        PointColumns points = new(5000, PointAttributes.All) { Count = 5000 };
        for (int i = 0; i < points.Count; i++)
        {
            (points.X[i], points.Y[i], points.Z[i]) = (random.NextDouble() * 1e6, BitConverter.Int64BitsToDouble(random.NextInt64() & ~(1L << 62)), -i);
            (points.Red![i], points.Green![i], points.Blue![i]) = ((ushort)random.Next(colors), (ushort)random.Next(colors), (ushort)random.Next(colors));
            (points.Intensity![i], points.Nir![i], points.PointSourceId![i]) = ((ushort)random.Next(65536), (ushort)random.Next(200), (ushort)random.Next(65536));
            (points.GpsTime![i], points.ScanAngle![i]) = (i == 7 ? double.NaN : random.NextDouble() * 1e9, (random.NextSingle() - 0.5f) * 180);
            (points.ReturnNumber![i], points.NumberOfReturns![i], points.Classification![i]) = ((byte)random.Next(16), (byte)random.Next(16), (byte)random.Next(256));
            (points.ClassificationFlags![i], points.UserData![i]) = ((ClassificationFlags)random.Next(16), (byte)random.Next(256));
            (points.Row![i], points.Column![i]) = (random.Next(), random.Next());
        }

        TextCloud cloud = TextCloud.Of(Write(points), run: 999);
        Assert.Equal(5000, cloud.Points.Count);
        Assert.Equal(PointAttributes.All, cloud.Header.Attributes);
        foreach (((string name, Array expected), (_, Array found)) in AttributeColumns.Of(points).Zip(AttributeColumns.Of(cloud.Points)))
            for (int i = 0; i < points.Count; i++) Assert.True(Equals(expected.GetValue(i), found.GetValue(i)), $"{name} {i}: {expected.GetValue(i)} became {found.GetValue(i)}");
    }

    [Fact]
    public void What_cannot_be_written_is_refused()
    {
        using CsvPointWriter writer = new(new MemoryStream(), PointAttributes.Nir);
        Assert.Contains("no nir", Assert.Throws<ArgumentException>(() => writer.Write(new PointColumns(0, PointAttributes.Color))).Message);
        PointColumns points = new(1, PointAttributes.Nir) { Count = 1 };
        points.Y[0] = double.NaN;
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => writer.Write(points)).Message);
        writer.Complete();
        Assert.Throws<InvalidOperationException>(() => writer.Write(points));
    }

    private static byte[] Write(PointColumns points)
    {
        MemoryStream stream = new();
        using CsvPointWriter writer = new(stream, points.Attributes, leaveOpen: true);
        writer.Write(points);
        writer.Complete();
        Assert.Equal(points.Count, writer.PointCount);
        return stream.ToArray();
    }
}
