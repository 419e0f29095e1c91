using System.Security.Cryptography;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Tests.Writers;

public sealed class HashedStreamTests
{
    private readonly MemoryStream _file = new();

    [Fact]
    public async Task What_is_written_forward_is_hashed_as_it_passes()
    {
        NoReading file = new(_file);
        using HashedStream stream = new(file);
        stream.Write("ab"u8);
        stream.Write("xcdx"u8.ToArray(), 1, 2);
        await stream.WriteAsync("ef"u8.ToArray());
        stream.WriteByte((byte)'g');

        Assert.Equal((7, HashOf("abcdefg"u8)), stream.Finish());
    }

    [Fact]
    public void Nothing_has_the_hash_of_nothing()
    {
        using HashedStream stream = new(_file);

        Assert.Equal((0, HashOf([])), stream.Finish());
    }

    [Fact]
    public void A_number_that_is_filled_in_later_is_part_of_the_hash()
    {
        using HashedStream stream = new(_file);
        stream.Write("....points"u8);
        stream.Position = 0;
        stream.Write("1234"u8);

        Assert.Equal((10, HashOf("1234points"u8)), stream.Finish());
    }

    [Fact]
    public void A_number_that_is_filled_in_before_more_is_written_is_part_of_the_hash()
    {
        using HashedStream stream = new(_file);
        stream.Write("..ab"u8);
        stream.Seek(0, SeekOrigin.Begin);
        stream.Write("12"u8);
        stream.Seek(0, SeekOrigin.End);
        stream.Write("cd"u8);

        Assert.Equal((6, HashOf("12abcd"u8)), stream.Finish());
    }

    [Fact]
    public void Gaps_are_zeros()
    {
        using HashedStream stream = new(_file);
        stream.Write("a"u8);
        stream.Position = 3;
        stream.Write("b"u8);

        Assert.Equal((4, HashOf([(byte)'a', 0, 0, (byte)'b'])), stream.Finish());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    public void A_length_that_is_set_counts(int length)
    {
        using HashedStream stream = new(_file);
        stream.Write("abcd"u8);
        stream.SetLength(length);

        byte[] expected = new byte[length];
        "abcd"u8[..Math.Min(4, length)].CopyTo(expected);
        Assert.Equal((length, HashOf(expected)), stream.Finish());
    }

    [Fact]
    public void What_is_cut_and_written_again_counts_once()
    {
        using HashedStream stream = new(_file);
        stream.Write("abcd"u8);
        stream.SetLength(2);
        stream.Position = 2;
        stream.Write("xy"u8);

        Assert.Equal((4, HashOf("abxy"u8)), stream.Finish());
    }

    private static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A file that shows whether it was read again.</summary>
    private sealed class NoReading(Stream file) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => file.Length;

        public override long Position { get => file.Position; set => file.Position = value; }

        public override void Flush() => file.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

        public override void SetLength(long value) => file.SetLength(value);

        public override void Write(byte[] buffer, int offset, int count) => file.Write(buffer, offset, count);
    }
}
