using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using BatchSegmenter.Formats;

namespace BatchSegmenter.Tests.ReadMe;

/// <summary>
/// A cloud seen from above, coloured by class and shaded by relief: the picture of the README. Each pixel shows its highest point.
/// </summary>
internal static class TopView
{
    private static readonly (int Code, byte Red, byte Green, byte Blue)[] Colors =
    [
        (2, 0xC8, 0xA8, 0x78), (3, 0xA8, 0xD0, 0x70), (4, 0x60, 0xB0, 0x58), (5, 0x2E, 0x7D, 0x3A), (6, 0xD0, 0x40, 0x3A), (7, 0x40, 0x40, 0x40), (18, 0x40, 0x40, 0x40),
    ];

    /// <summary>Draws the clouds side by side and gives the bytes of a PNG file.</summary>
    /// <param name="paths">LAS or LAZ files.</param>
    /// <param name="pixel">Edge of a pixel in the clouds' unit.</param>
    public static byte[] Draw(IReadOnlyList<string> paths, double pixel)
    {
        byte[][,] views = [.. paths.Select(path => Draw(path, pixel))];
        const int gap = 8;
        int height = views.Max(view => view.GetLength(0)), width = views.Sum(view => view.GetLength(1) / 3) + gap * (views.Length - 1);
        byte[,] all = new byte[height, 3 * width];
        for (int row = 0; row < height; row++)
            for (int i = 0; i < 3 * width; i++) all[row, i] = 0xFF;
        int left = 0;
        foreach (byte[,] view in views)
        {
            for (int row = 0; row < view.GetLength(0); row++)
                for (int i = 0; i < view.GetLength(1); i++) all[row, 3 * left + i] = view[row, i];
            left += view.GetLength(1) / 3 + gap;
        }

        return Png(all);
    }

    private static byte[,] Draw(string path, double pixel)
    {
        using PointCloudReader reader = PointCloudReader.Open(path);
        PointColumns points = new((int)reader.Header.PointCount, PointAttributes.Classification);
        while (reader.Read(points, 1 << 20) > 0) { }
        (double left, double top) = (points.X.Min(), points.Y.Max());
        int width = (int)((points.X.Max() - left) / pixel) + 1, height = (int)((top - points.Y.Min()) / pixel) + 1;
        int[,] highest = new int[height, width];
        for (int i = 0; i < points.Count; i++)
        {
            ref int at = ref highest[(int)((top - points.Y[i]) / pixel), (int)((points.X[i] - left) / pixel)];
            if (at == 0 || points.Z[i] > points.Z[at - 1]) at = i + 1;
        }

        FillHoles(highest);
        byte[,] pixels = new byte[height, 3 * width];
        for (int row = 0; row < height; row++)
            for (int column = 0; column < width; column++)
            {
                int at = highest[row, column], west = highest[row, Math.Max(0, column - 1)], north = highest[Math.Max(0, row - 1), column];
                if (at == 0) continue;
                // Light from the north-west: what rises towards it is bright.
                double rise = west == 0 || north == 0 ? 0 : 2 * points.Z[at - 1] - points.Z[west - 1] - points.Z[north - 1];
                double light = Math.Clamp(0.9 + 0.12 * Math.Atan(rise / pixel), 0.55, 1.1);
                (_, byte red, byte green, byte blue) = Array.Find(Colors, color => color.Code == points.Classification![at - 1]);
                pixels[row, 3 * column] = (byte)Math.Min(255, red * light);
                pixels[row, 3 * column + 1] = (byte)Math.Min(255, green * light);
                pixels[row, 3 * column + 2] = (byte)Math.Min(255, blue * light);
            }

        return pixels;
    }

    private static void FillHoles(int[,] highest)
    {
        int[,] before = (int[,])highest.Clone();
        for (int row = 0; row < before.GetLength(0); row++)
            for (int column = 0; column < before.GetLength(1); column++)
                for (int ring = 1; ring <= 3 && highest[row, column] == 0; ring++)
                    for (int dy = -ring; dy <= ring && highest[row, column] == 0; dy++)
                        for (int dx = -ring; dx <= ring && highest[row, column] == 0; dx++)
                            if (row + dy >= 0 && row + dy < before.GetLength(0) && column + dx >= 0 && column + dx < before.GetLength(1))
                                highest[row, column] = before[row + dy, column + dx];
    }

    private static byte[] Png(byte[,] pixels)
    {
        int height = pixels.GetLength(0), stride = pixels.GetLength(1);
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            byte[] line = new byte[1 + stride];
            for (int row = 0; row < height; row++)
            {
                Buffer.BlockCopy(pixels, row * stride, line, 1, stride);
                zlib.Write(line);
            }
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, stride / 3);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2); // eight bits, red green blue
        using MemoryStream png = new();
        png.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        WriteChunk(png, "IHDR", header);
        WriteChunk(png, "IDAT", packed.ToArray());
        WriteChunk(png, "IEND", []);
        return png.ToArray();
    }

    private static void WriteChunk(Stream png, string type, byte[] content)
    {
        byte[] chunk = [.. Encoding.ASCII.GetBytes(type), .. content];
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        png.Write(number);
        png.Write(chunk);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(chunk));
        png.Write(number);
    }
}
