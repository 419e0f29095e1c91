using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;

namespace BatchSegmenter.Onnx.Tests.Networks.Evaluation;

public class GoldenVectorsTests
{
    [Fact]
    public void Reads_points_scores_and_category()
    {
        GoldenVectors golden = Read(
            ("points", Npy("<f4", "(2, 3, 4)", Values(24))), ("scores", Npy("<f8", "(2, 3, 2)", Values(12))), ("category", Npy("<f4", "(2, 3)", 0, 0, 1, 1, 0, 0)));

        Assert.Equal((2, 3, 4, 2, 3), (golden.Blocks, golden.PointCount, golden.Channels, golden.Classes, golden.Categories));
        Assert.Equal(NetworkTask.Segmentation, golden.Task);
        Assert.Equal(Enumerable.Range(12, 12).Select(i => (float)i), golden.Points(1).ToArray());
        Assert.Equal([6f, 7, 8, 9, 10, 11], golden.Scores(1).ToArray());
        Assert.Equal((2, 0), (golden.Category(0), golden.Category(1)));
    }

    [Fact]
    public void Scores_of_two_axes_are_of_blocks()
    {
        GoldenVectors golden = Read(("points", Npy("<f4", "(2, 1, 3)", Values(6))), ("scores", Npy("<f4", "(2, 5)", Values(10))));

        Assert.Equal((NetworkTask.Classification, 5, -1), (golden.Task, golden.Classes, golden.Category(1)));
        Assert.Equal([5f, 6, 7, 8, 9], golden.Scores(1).ToArray());
    }

    [Theory]
    [InlineData("<f4", "(1, 2, 4)", 8, "(1, 3, 2)", 6, "scores has shape [1, 3, 2]")]
    [InlineData("<f4", "(1, 8)", 8, "(1, 2)", 2, "points has shape [1, 8]")]
    [InlineData("<f4", "(0, 2, 4)", 0, "(0, 2)", 0, "points has shape [0, 2, 4]")]
    [InlineData("<f4", "(1, 2, 4)", 7, "(1, 2)", 2, "wants 32 bytes")]
    [InlineData("<f4", "(1, 2, 4)", 9, "(1, 2)", 2, "wants 32 bytes")]
    [InlineData("<f4", "(99999, 99999, 4)", 8, "(1, 2)", 2, "holds more than")]
    [InlineData("<f4", "(99999999999, 1, 4)", 8, "(1, 2)", 2, "its shape holds 99999999999")]
    [InlineData(">f4", "(1, 2, 4)", 8, "(1, 2)", 2, "not that of a float32 or float64 array")]
    [InlineData("<i4", "(1, 2, 4)", 8, "(1, 2)", 2, "not that of a float32 or float64 array")]
    public void Arrays_that_do_not_fit_are_refused(string type, string shape, int count, string scoresShape, int scoresCount, string expected)
    {
        InvalidGoldenVectorsException fault = Assert.Throws<InvalidGoldenVectorsException>(
            () => Read(("points", Npy(type, shape, Values(count))), ("scores", Npy("<f4", scoresShape, Values(scoresCount)))));

        Assert.Contains(expected, fault.Message);
        Assert.Equal("golden.npz", fault.Path);
    }

    [Fact]
    public void Missing_arrays_values_that_are_not_finite_and_several_categories_are_refused()
    {
        byte[] points = Npy("<f4", "(1, 1, 3)", Values(3)), scores = Npy("<f4", "(1, 1, 2)", Values(2));

        Assert.Contains("points is missing", Refused(("scores", scores)));
        Assert.Contains("scores is missing", Refused(("points", points)));
        Assert.Contains("not finite", Refused(("points", points), ("scores", Npy("<f4", "(1, 1, 2)", 0, float.NaN))));
        Assert.Contains("category of block 0", Refused(("points", points), ("scores", scores), ("category", Npy("<f4", "(1, 2)", 1, 1))));
        Assert.Contains("category of block 0", Refused(("points", points), ("scores", scores), ("category", Npy("<f4", "(1, 2)", 0, 0))));

        static string Refused(params (string, byte[])[] arrays) => Assert.Throws<InvalidGoldenVectorsException>(() => Read(arrays)).Message;
    }

    [Fact]
    public void What_is_no_archive_is_refused()
    {
        using MemoryStream stream = new("no archive at all, only text"u8.ToArray());

        Assert.Throws<InvalidGoldenVectorsException>(() => GoldenVectors.Read(stream, "golden.npz"));
    }

    [Fact]
    public void A_network_that_takes_or_gives_something_else_does_not_fit()
    {
        GoldenVectors golden = Read(("points", Npy("<f4", "(1, 1, 7)", Values(7))), ("scores", Npy("<f4", "(1, 1, 3)", Values(3))));
        PointNet2Description network = SampleNetworks.TwoLevels();

        golden.RequireFit(network);
        Assert.Throws<InvalidGoldenVectorsException>(() => golden.RequireFit(network with { Features = 5 }));
        Assert.Throws<InvalidGoldenVectorsException>(() => golden.RequireFit(network with { Classes = 4 }));
        Assert.Throws<InvalidGoldenVectorsException>(() => golden.RequireFit(network with { Categories = 4 }));
        Assert.Throws<InvalidGoldenVectorsException>(() => golden.RequireFit(network with { Task = NetworkTask.Classification }));
    }

    private static GoldenVectors Read(params (string Name, byte[] Content)[] arrays)
    {
        using MemoryStream stream = new();
        using (ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in arrays)
            {
                using Stream entry = archive.CreateEntry($"{name}.npy").Open();
                entry.Write(content);
            }
        }
        return GoldenVectors.Read(stream, "golden.npz");
    }

    private static float[] Values(int count) => [.. Enumerable.Range(0, count).Select(i => (float)i)];

    /// <summary>As <c>numpy.save</c> lays an array out, version 1.</summary>
    private static byte[] Npy(string type, string shape, params float[] values)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}";
        header = header.PadRight((header.Length + 10) / 64 * 64 + 64 - 11) + "\n";
        List<byte> bytes = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header)];
        byte[] buffer = new byte[8];
        foreach (float value in values)
        {
            if (type == "<f8") BinaryPrimitives.WriteDoubleLittleEndian(buffer, value);
            else BinaryPrimitives.WriteSingleLittleEndian(buffer, value);
            bytes.AddRange(buffer.AsSpan(0, type == "<f8" ? 8 : 4));
        }
        return [.. bytes];
    }
}
