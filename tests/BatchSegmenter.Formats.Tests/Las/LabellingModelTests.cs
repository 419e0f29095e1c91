using System.Buffers.Binary;
using System.Text;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Formats.Tests.Las;

public sealed class LabellingModelTests : IDisposable
{
    private static readonly LabellingModel First = new(new string('a', 64), "aerial", "1.0.0"), Second = new(new string('b', 64), "städte \"neu\"", "2");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("labelling-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The bytes that the documentation promises, by hand.</summary>
    [Fact]
    public void The_record_is_as_documented()
    {
        byte[] expected = Encoding.UTF8.GetBytes($$"""{"bundle":"{{First.Bundle}}","name":"aerial","version":"1.0.0"}""");
        byte[] file = Relabel(Source(), First, compressed: false);
        ReadOnlySpan<byte> record = file.AsSpan(BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(94)));

        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(100)));
        Assert.Equal("BatchSegmenter\0\0", Encoding.ASCII.GetString(record.Slice(2, 16)));
        Assert.Equal((1, expected.Length), (BinaryPrimitives.ReadUInt16LittleEndian(record[18..]), BinaryPrimitives.ReadUInt16LittleEndian(record[20..])));
        Assert.Equal(expected, record.Slice(54, expected.Length).ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Labelling_again_replaces_the_record_and_touches_no_point(bool compressed)
    {
        byte[] source = Source(), once = Relabel(source, First, compressed), twice = Relabel(once, Second, compressed);

        Assert.Equal((First, 1), Found(once));
        Assert.Equal((Second, 1), Found(twice));
        Assert.Equal(Relabel(source, Second, compressed), twice);
        Assert.Equal(Inspect(source).RecordsSha256, Inspect(twice).RecordsSha256);
        Assert.Equal(Second, Inspect(twice).LabelledBy);
        Assert.Null(Inspect(source).LabelledBy);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"bundle\":1}")]
    [InlineData("{\"bundle\":\"x\",\"name\":null,\"version\":\"1\"}")]
    public void A_record_that_cannot_be_read_says_nothing(string payload) =>
        Assert.Null(LabellingModel.Find([LasVlr.Create("BatchSegmenter", 1, "", Encoding.UTF8.GetBytes(payload))]));

    [Fact]
    public void Keys_of_later_versions_and_padding_are_passed_over() => Assert.Equal(
        new LabellingModel("x", "y", "z"),
        LabellingModel.Find([LasVlr.Create("BatchSegmenter", 1, "", "{\"bundle\":\"x\",\"name\":\"y\",\"more\":[1],\"version\":\"z\"}\0\0"u8.ToArray())]));

    private static byte[] Source()
    {
        MemoryStream stream = new();
        using (LasWriter writer = new(stream, new LasWriterOptions(), leaveOpen: true))
        {
            PointColumns points = new(100, PointAttributes.Classification) { Count = 100 };
            for (int i = 0; i < points.Count; i++) (points.X[i], points.Y[i], points.Classification![i]) = (i, -i, (byte)(i % 5));
            writer.Write(points);
        }

        return stream.ToArray();
    }

    private static byte[] Relabel(byte[] source, LabellingModel model, bool compressed)
    {
        using LasReader reader = new(new MemoryStream(source), "source.las");
        MemoryStream copy = new();
        using LasRelabeller relabeller = new(reader, copy, withConfidence: false, compressed, record: model.ToRecord());
        relabeller.Write([.. Enumerable.Range(0, 100).Select(i => (byte)(i % 5))], default);
        relabeller.Complete();
        return copy.ToArray();
    }

    private static (LabellingModel?, int) Found(byte[] file)
    {
        using LasReader reader = new(new MemoryStream(file), "file.las");
        return (LabellingModel.Find(reader.Vlrs), reader.Vlrs.Count(vlr => vlr.UserId == LabellingModel.UserId));
    }

    private PointCloudInspection Inspect(byte[] file)
    {
        string path = Path.Combine(_folder.FullName, "x.las");
        File.WriteAllBytes(path, file);
        return PointCloudInspection.Of(path, withStatistics: false, withChecksum: true);
    }
}
