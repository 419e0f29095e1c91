using System.Text;

namespace BatchSegmenter.Formats.Tests.Records;

/// <summary>Reads hand-made files whole.</summary>
internal static class Reading
{
    public static byte[] Bytes(string text, params byte[][] data) => [.. Encoding.Latin1.GetBytes(text), .. data.SelectMany(bytes => bytes)];

    public static PointCloudReader Open(byte[] file, CorruptChunks corrupt = CorruptChunks.Refuse) =>
        PointCloudReader.Open(new MemoryStream(file), "a", new PointReadOptions { CorruptChunks = corrupt });

    public static (PointCloudHeader Header, PointColumns Points) All(byte[] file)
    {
        using PointCloudReader reader = Open(file);
        return (reader.Header, All(reader));
    }

    public static PointColumns All(PointCloudReader reader, int run = 1000)
    {
        PointColumns columns = new(0, PointAttributes.All);
        while (reader.Read(columns, run) > 0) { }
        Assert.Equal(reader.Header.PointCount, columns.Count);
        Assert.Equal(0, reader.Remaining);
        return columns;
    }

    /// <summary>Each beginning of a file and each file with one byte turned over is read, or refused with an error of the ladder.</summary>
    public static void AssertDamageIsTold(byte[] file, int steps = 400)
    {
        for (int i = 0; i < steps; i++)
        {
            int at = (int)((long)file.Length * i / steps);
            byte[] turned = [.. file];
            turned[at] ^= (byte)(1 << (i % 8));
            foreach (byte[] damaged in new[] { file[..at], turned })
            {
                foreach (CorruptChunks corrupt in new[] { CorruptChunks.Refuse, CorruptChunks.Skip })
                {
                    try
                    {
                        using PointCloudReader reader = Open(damaged, corrupt);
                        PointColumns columns = All(reader);
                        Assert.True(columns.Count <= damaged.Length);
                    }
                    catch (PointCloudException)
                    {
                    }
                }
            }
        }
    }
}
