using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>Writes golden vectors as <see cref="GoldenVectors"/> reads them. The same values give the same bytes.</summary>
public static class GoldenVectorsWriter
{
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Makes an <c>.npz</c> file.</summary>
    /// <param name="network">The network that the vectors are of.</param>
    /// <param name="count">Points of each block.</param>
    /// <param name="points">Per block, [count, channels].</param>
    /// <param name="scores">Per block, its rows of scores.</param>
    /// <param name="categories">Per block, its category; ignored where the network asks for none.</param>
    public static byte[] Write(
        NetworkDescription network, int count, IReadOnlyList<float[]> points, IReadOnlyList<double[][]> scores, IReadOnlyList<int> categories)
    {
        using MemoryStream file = new();
        using (ZipArchive archive = new(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(archive, "points", [.. points.SelectMany(block => block)], points.Count, count, network.PointChannels);
            float[] rows = [.. scores.SelectMany(block => block).SelectMany(row => row).Select(score => (float)score)];
            if (network.Task == NetworkTask.Classification) Add(archive, "scores", rows, points.Count, network.Classes);
            else Add(archive, "scores", rows, points.Count, count, network.Classes);
            if (network.Categories > 0)
                Add(
                    archive, "category", [.. categories.SelectMany(told => Enumerable.Range(0, network.Categories).Select(category => category == told ? 1f : 0f))],
                    points.Count, network.Categories);
        }
        return file.ToArray();
    }

    /// <summary>A .npy member: magic number, version 1.0, header padded to a multiple of 64 bytes, float32 row-major.</summary>
    private static void Add(ZipArchive archive, string name, float[] values, params int[] shape)
    {
        ZipArchiveEntry entry = archive.CreateEntry($"{name}.npy", CompressionLevel.Optimal);
        entry.LastWriteTime = NoTime;
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({string.Join(", ", shape)}), }}";
        int length = (10 + header.Length + 1 + 63) / 64 * 64 - 10;
        using Stream stream = entry.Open();
        stream.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)length, (byte)(length >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(header.PadRight(length - 1) + "\n"));
        stream.Write(MemoryMarshal.AsBytes<float>(values));
    }
}
