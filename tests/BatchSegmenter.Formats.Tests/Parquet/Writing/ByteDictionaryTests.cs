using BatchSegmenter.Formats.Parquet.Writing;

namespace BatchSegmenter.Formats.Tests.Parquet.Writing;

public sealed class ByteDictionaryTests
{
    private readonly ByteDictionary _dictionary = new();

    [Fact]
    public void Entries_ascend_and_indices_are_runs_behind_their_bits()
    {
        byte[] values = [.. Enumerable.Repeat((byte)200, 10), .. Enumerable.Repeat((byte)3, 8), .. Enumerable.Repeat((byte)7, 20)];

        Assert.Equal<byte>([2, 20, 2, 16, 0, 40, 1], Encode(values));
        Assert.Equal<byte>([3, 7, 200], _dictionary.Entries.ToArray());
    }

    [Fact]
    public void A_single_value_takes_no_bits()
    {
        Assert.Equal<byte>([0, 200, 1], Encode([.. Enumerable.Repeat((byte)9, 100)]));
        Assert.Equal<byte>([9], _dictionary.Entries.ToArray());
    }

    [Fact]
    public void Nothing_is_left_of_the_values_before()
    {
        Encode([1, 2, 3]);
        Encode([.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        Encode([5, 2]);

        Assert.Equal<byte>([2, 5], _dictionary.Entries.ToArray());
    }

    [Fact]
    public void Indices_that_hardly_repeat_fit_into_the_room_asked_for()
    {
        byte[] values = [.. Enumerable.Range(0, 2048).Select(i => (byte)(i * 37))];

        Assert.Equal(1 + 2048 + 5, Encode(values).Length); // a head for each 63 groups of eight
        Assert.Equal(256, _dictionary.Entries.Length);
    }

    private byte[] Encode(byte[] values)
    {
        byte[] target = new byte[ByteDictionary.MostBytes(values.Length)];
        return target[.._dictionary.Encode(values, target)];
    }
}
