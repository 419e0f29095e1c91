using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Formats.Parquet.Writing;
using ZstdSharp;
using Encoding = Parquet.Meta.Encoding;

namespace BatchSegmenter.Formats.Tests.Parquet.Writing;

public sealed class PageStreamTests : IDisposable
{
    private readonly PageStream _pages = new();

    public void Dispose() => _pages.Dispose();

    [Fact]
    public void A_page_stands_compressed_behind_its_head()
    {
        byte[] page = [.. Enumerable.Range(0, 10_000).Select(i => (byte)(i / 100))];
        _pages.Append("PAR1"u8);

        PageSize size = _pages.AppendData(page, 2500, Encoding.BYTE_STREAM_SPLIT);

        ReadOnlySpan<byte> written = _pages.Pending.Span[4..];
        Assert.Equal(size.Bytes, written.Length);
        ThriftCopier head = new(written, "a", 0);
        Assert.Equal(0, Field(ref head, 1)); // a data page
        Assert.Equal(10_000, Field(ref head, 2));
        long compressed = Field(ref head, 3);
        Assert.Equal(size, new PageSize((int)compressed + (size.Length - 10_000), size.Length));
        using Decompressor decompressor = new();
        Assert.Equal(page, decompressor.Unwrap(written[^(int)compressed..]).ToArray());
    }

    [Fact]
    public void Positions_go_on_over_what_was_flushed_and_begin_anew_with_a_file()
    {
        _pages.Append(new byte[10]);
        _pages.Flushed();
        Assert.Equal(0, _pages.Pending.Length);
        PageSize size = _pages.AppendDictionary(new byte[400], 100);
        Assert.Equal(10 + size.Bytes, _pages.Position);

        _pages.Restart();
        Assert.Equal((0, 0), (_pages.Position, _pages.Pending.Length));
    }

    [Fact]
    public void What_is_pending_stays_when_the_buffer_grows()
    {
        _pages.Append([1, 2, 3]);
        byte[] noise = new byte[1 << 20];
        new Random(1).NextBytes(noise);
        _pages.AppendData(noise, 1 << 17, Encoding.PLAIN);

        Assert.Equal<byte>([1, 2, 3], _pages.Pending.Span[..3].ToArray());
    }

    private static long Field(ref ThriftCopier head, short expected)
    {
        short id = (short)(expected - 1);
        Assert.True(head.ReadField(ref id, out ThriftType type));
        Assert.Equal((expected, ThriftType.I32), (id, type));
        return head.ReadInteger(int.MinValue, int.MaxValue);
    }
}
