using BatchSegmenter.Formats.Parquet;

namespace BatchSegmenter.Formats.Tests.Parquet;

public sealed class ThriftWriterTests
{
    [Fact]
    public void Fields_are_told_by_their_step_from_the_one_before()
    {
        ThriftWriter thrift = new();
        thrift.BeginStruct();
        thrift.Write(1, -1);
        thrift.Write(3, 300L);
        thrift.Write(40, "ab"u8);
        thrift.WriteHead(41, ThriftType.True);
        thrift.EndStruct();

        Assert.Equal<byte>([0x15, 1, 0x26, 0xD8, 4, 0x08, 80, 2, (byte)'a', (byte)'b', 0x11, 0], thrift.Written.ToArray());
    }

    [Fact]
    public void A_structure_within_counts_its_own_fields_and_the_outer_goes_on_after_it()
    {
        ThriftWriter thrift = new();
        thrift.BeginStruct();
        thrift.BeginStruct(5);
        thrift.BeginStruct(2);
        thrift.EndStruct();
        thrift.Write(3, 1);
        thrift.EndStruct();
        thrift.Write(7, 2);
        thrift.EndStruct();

        Assert.Equal<byte>([0x5C, 0x2C, 0, 0x15, 2, 0, 0x25, 4, 0], thrift.Written.ToArray());
    }

    [Theory]
    [InlineData(0, new byte[] { 0x19, 0x05 })]
    [InlineData(14, new byte[] { 0x19, 0xE5 })]
    [InlineData(15, new byte[] { 0x19, 0xF5, 15 })]
    [InlineData(200, new byte[] { 0x19, 0xF5, 200, 1 })]
    public void Long_lists_have_their_count_behind_the_head(int count, byte[] expected)
    {
        ThriftWriter thrift = new();
        thrift.BeginList(1, count, ThriftType.I32);

        Assert.Equal(expected, thrift.Written.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-64)]
    [InlineData(int.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Integers_are_read_again(long value)
    {
        ThriftWriter thrift = new();
        thrift.WriteInteger(value);

        ThriftCopier copier = new(thrift.Written, "a", 0);
        Assert.Equal(value, copier.ReadInteger(long.MinValue, long.MaxValue));
        Assert.Equal(thrift.Written.Length, copier.Position);
    }

    [Fact]
    public void Nothing_is_left_of_what_was_cleared()
    {
        ThriftWriter thrift = new();
        thrift.BeginStruct();
        thrift.Write(9, 1);
        thrift.Clear();
        thrift.BeginStruct();
        thrift.Write(1, 1);
        thrift.EndStruct();

        Assert.Equal<byte>([0x15, 2, 0], thrift.Written.ToArray());
    }
}
