using System.Runtime.InteropServices;
using BatchSegmenter.Formats.Parquet.Writing;

namespace BatchSegmenter.Formats.Tests.Parquet.Writing;

public sealed class ByteSplittingTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(27)]
    [InlineData(1000)]
    public void Squares_and_vectors_split_as_a_byte_at_a_time_does(int count)
    {
        byte[] bytes = new byte[count * 8];
        new Random(count).NextBytes(bytes);

        Check<double>(bytes);
        Check<float>(bytes);
    }

    [Fact]
    public void A_byte_at_a_time_puts_each_into_its_plane()
    {
        byte[] split = new byte[8];
        ByteSplitting.SplitOneByOne([1, 2, 3, 4, 11, 12, 13, 14], 4, 0, split);

        Assert.Equal<byte>([1, 11, 2, 12, 3, 13, 4, 14], split);
    }

    [Fact]
    public void Values_of_other_sizes_are_refused() =>
        Assert.Throws<ArgumentException>(() => ByteSplitting.Split<short>(new short[8], new byte[16]));

    [Fact]
    public void A_target_of_another_length_is_refused() =>
        Assert.Throws<ArgumentException>(() => ByteSplitting.Split<float>(new float[8], new byte[31]));

    private static void Check<T>(byte[] bytes)
        where T : unmanaged
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(bytes);
        byte[] split = new byte[bytes.Length], expected = new byte[bytes.Length];
        ByteSplitting.Split(values, split);
        ByteSplitting.SplitOneByOne(bytes, Marshal.SizeOf<T>(), 0, expected);

        Assert.Equal(expected, split);
    }
}
