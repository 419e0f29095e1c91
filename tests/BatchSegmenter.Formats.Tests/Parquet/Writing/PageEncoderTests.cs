using BatchSegmenter.Formats.Parquet.Writing;

namespace BatchSegmenter.Formats.Tests.Parquet.Writing;

public sealed class PageEncoderTests : IDisposable
{
    private readonly PageEncoder _encoder = new();

    public void Dispose() => _encoder.Dispose();

    [Fact]
    public void Levels_stand_before_values_where_there_may_be_nulls()
    {
        Assert.Equal<byte>([0b0000_0101, 0b0000_0001], _encoder.Bits([1, 0, 1, 0, 0, 0, 0, 0, 1], isNullable: false).ToArray());
        Assert.Equal<byte>([2, 0, 0, 0, 18, 1, 0b0000_0101, 0b0000_0001], _encoder.Bits([1, 0, 1, 0, 0, 0, 0, 0, 1], isNullable: true).ToArray());
    }

    [Fact]
    public void Nulls_are_levels_alone() => Assert.Equal<byte>([3, 0, 0, 0, 0xD0, 0x0F, 0], _encoder.Nulls(1000).ToArray());

    [Fact]
    public void Texts_stand_behind_their_lengths() =>
        Assert.Equal<byte>([2, 0, 0, 0, (byte)'a', (byte)'b', 0, 0, 0, 0], _encoder.Texts(["ab"u8.ToArray(), []]).ToArray());

    [Fact]
    public void A_longer_page_gets_a_longer_buffer()
    {
        Assert.Equal(8, _encoder.Split<float>(new float[2], isNullable: false).Length);
        Assert.Equal(800_000, _encoder.Split<double>(new double[100_000], isNullable: false).Length);
    }
}
