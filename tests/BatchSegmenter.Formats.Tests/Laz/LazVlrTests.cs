using BatchSegmenter.Formats.Laz;

namespace BatchSegmenter.Formats.Tests.Laz;

public class LazVlrTests
{
    [Fact]
    public void Parses_compressor_chunk_size_and_items()
    {
        LazVlr vlr = LazVlr.Parse(PointwiseLazWriter.Vlr(3, 50_000, (10, 30, 3), (12, 8, 4), (14, 5, 3)), "a.laz", 281);

        Assert.Equal(LazCompressor.LayeredChunked, vlr.Compressor);
        Assert.Equal(50_000u, vlr.ChunkSize);
        Assert.Equal(new Version(3, 4, 0), vlr.Version);
        Assert.Equal([new(LazItemType.Point14, 30, 3), new(LazItemType.RgbNir14, 8, 4), new(LazItemType.Byte14, 5, 3)], vlr.Items);
        Assert.Equal(43, vlr.RecordLength);
    }

    [Theory]
    [InlineData(4, 6, 20, 2, "compressor 4")]
    [InlineData(2, 22, 8, 1, "type 22")]
    [InlineData(2, 6, 20, 3, "version 3")]
    [InlineData(2, 6, 20, 0, "version 0")]
    [InlineData(3, 13, 29, 2, "version 2")]
    [InlineData(3, 6, 20, 2, "compressor 3")]
    [InlineData(2, 10, 30, 3, "compressor 2")]
    [InlineData(2, 8, 6, 2, "not in the order")]
    public void Refuses_what_it_does_not_know(int compressor, int type, int size, int version, string said)
    {
        byte[] payload = PointwiseLazWriter.Vlr(compressor, 50_000, ((ushort)type, (ushort)size, (ushort)version));
        var thrown = Assert.Throws<UnsupportedPointCloudException>(() => LazVlr.Parse(payload, "a.laz", 281));
        Assert.Contains(said, thrown.Message);
    }

    [Fact]
    public void Refuses_another_entropy_coder()
    {
        byte[] payload = PointwiseLazWriter.Vlr(2, 50_000);
        payload[2] = 1;
        Assert.Throws<UnsupportedPointCloudException>(() => LazVlr.Parse(payload, "a.laz", 281));
    }

    [Theory]
    [InlineData(6, 21)]
    [InlineData(7, 0)]
    [InlineData(0, 0)]
    public void Refuses_items_of_a_size_they_cannot_have(int type, int size)
    {
        byte[] payload = PointwiseLazWriter.Vlr(2, 50_000, ((ushort)type, (ushort)size, 2));
        var thrown = Assert.Throws<InvalidPointCloudException>(() => LazVlr.Parse(payload, "a.laz", 281));
        Assert.Equal(281 + 34 + 2, thrown.Offset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(33)]
    [InlineData(39)]
    public void Refuses_a_record_that_is_too_short(int length)
    {
        byte[] payload = PointwiseLazWriter.Vlr(2, 50_000);
        Assert.Throws<InvalidPointCloudException>(() => LazVlr.Parse(payload.AsSpan(0, length), "a.laz", 281));
    }

    [Fact]
    public void Refuses_a_record_without_items()
    {
        byte[] payload = PointwiseLazWriter.Vlr(2, 50_000);
        payload[32] = 0;
        Assert.Throws<InvalidPointCloudException>(() => LazVlr.Parse(payload, "a.laz", 281));
    }
}
