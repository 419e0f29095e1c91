using System.Text;
using BatchSegmenter.Formats.Ply;
using BatchSegmenter.Formats.Tests.Records;

namespace BatchSegmenter.Formats.Tests.Ply;

public class PlyWriterTests
{
    [Fact]
    public void The_bytes_of_two_points()
    {
        PointColumns columns = new(2, PointAttributes.Classification | PointAttributes.Intensity) { Count = 2 };
        (columns.X[1], columns.Y[1], columns.Z[1], columns.Intensity![1], columns.Classification![1]) = (1, 2, 3, 0x0102, 6);
        string text = Encoding.Latin1.GetString(Written(columns));
        Assert.StartsWith("ply\nformat binary_little_endian 1.0\ncomment -", text);
        int end = text.IndexOf("end_header\n", StringComparison.Ordinal) + 11;
        Assert.EndsWith(
            "\nelement vertex 2\nproperty double x\nproperty double y\nproperty double z\nproperty ushort intensity\nproperty uchar classification\nend_header\n", text[..end]);
        Assert.Equal(2 * 27, text.Length - end);
        Assert.Equal("\0\0\0\0\0\0\u00F0?\0\0\0\0\0\0\0@\0\0\0\0\0\0\u0008@\u0002\u0001\u0006", text[(end + 27)..]);
    }

    [Fact]
    public void Every_attribute_comes_back_over_several_runs()
    {
        const int count = 12_345;
        PointColumns columns = new(count, PointAttributes.All) { Count = count };
        Random random = new(1);
        foreach ((_, Array column) in AttributeColumns.Of(columns))
            switch (column)
            {
                case double[] values: for (int i = 0; i < count; i++) values[i] = 1e6 * random.NextDouble(); break;
                case float[] values: for (int i = 0; i < count; i++) values[i] = random.NextSingle(); break;
                case ushort[] values: for (int i = 0; i < count; i++) values[i] = (ushort)random.Next(65536); break;
                case int[] values: for (int i = 0; i < count; i++) values[i] = random.Next(); break;
                default: random.NextBytes((byte[])(object)column); break;
            }

        (PointCloudHeader header, PointColumns back) = Reading.All(Written(columns, columns));
        Assert.Equal(2 * count, header.PointCount);
        Assert.Equal(PointAttributes.All, header.Attributes);
        foreach (((string name, Array expected), (string _, Array actual)) in AttributeColumns.Of(columns).Zip(AttributeColumns.Of(back)))
            for (int i = 0; i < 2 * count; i++)
                Assert.True(expected.GetValue(i % count)!.Equals(actual.GetValue(i)), $"{name} {i}");
    }

    [Fact]
    public void No_points_are_a_file_too()
    {
        (PointCloudHeader header, PointColumns points) = Reading.All(Written());
        Assert.Equal(0, header.PointCount);
        Assert.Equal(0, points.Count);
        Assert.True(double.IsNaN(header.Min.X));
    }

    [Fact]
    public void Other_attributes_and_writing_after_the_end_are_refused()
    {
        using PlyWriter writer = new(new MemoryStream());
        writer.Write(new PointColumns(0, PointAttributes.Color));
        Assert.Throws<ArgumentException>(() => writer.Write(new PointColumns(0, PointAttributes.None)));
        writer.Complete();
        Assert.Throws<InvalidOperationException>(() => writer.Write(new PointColumns(0, PointAttributes.Color)));
    }

    private static byte[] Written(params PointColumns[] runs)
    {
        MemoryStream stream = new();
        using (PlyWriter writer = new(stream))
        {
            foreach (PointColumns columns in runs) writer.Write(columns);
            writer.Complete();
            Assert.Equal(runs.Sum(columns => columns.Count), writer.PointCount);
        }

        return stream.ToArray();
    }
}
