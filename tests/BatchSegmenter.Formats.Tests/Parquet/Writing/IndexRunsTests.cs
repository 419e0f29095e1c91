using BatchSegmenter.Formats.Parquet.Writing;

namespace BatchSegmenter.Formats.Tests.Parquet.Writing;

public sealed class IndexRunsTests
{
    public static TheoryData<int, int, int> Shapes()
    {
        TheoryData<int, int, int> shapes = [];
        foreach (int count in (int[])[0, 1, 7, 8, 9, 504, 512, 5000])
            foreach (int entries in (int[])[1, 2, 3, 17, 256])
                foreach (int longest in (int[])[1, 9, 40, 3000]) shapes.Add(count, entries, longest);
        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void What_was_encoded_is_decoded_by_the_format_s_rules(int count, int entries, int longest)
    {
        Random random = new(count + entries + longest);
        byte[] indices = new byte[count];
        for (int at = 0; at < count;)
        {
            byte index = (byte)random.Next(entries);
            for (int end = Math.Min(count, at + 1 + random.Next(longest)); at < end; at++) indices[at] = index;
        }

        int bits = IndexRuns.BitsOf(entries);
        byte[] encoded = new byte[IndexRuns.MostBytes(count)];
        int taken = IndexRuns.Encode(indices, bits, encoded);

        Assert.Equal(indices, Decode(encoded.AsSpan(0, taken), bits, count));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(256, 8)]
    public void Bits_are_those_of_the_greatest_index(int entries, int bits) => Assert.Equal(bits, IndexRuns.BitsOf(entries));

    [Fact]
    public void A_long_run_takes_a_few_bytes() => Assert.InRange(IndexRuns.Encode(new byte[100_000], 3, new byte[IndexRuns.MostBytes(100_000)]), 1, 5);

    [Fact]
    public void Lone_groups_between_runs_fit_into_the_room_asked_for()
    {
        // Eight that differ, eight alike, and again: the dearest there is.
        byte[] indices = [.. Enumerable.Range(0, 1600).Select(i => (byte)(i / 8 % 2 == 0 ? i : i / 8))];

        int taken = IndexRuns.Encode(indices, 8, new byte[IndexRuns.MostBytes(indices.Length)]);

        Assert.InRange(taken, 1, IndexRuns.MostBytes(indices.Length));
    }

    [Theory]
    [InlineData(1, 0b0000_0001, 0b1010_0101)]
    [InlineData(3, 0b0000_0111, 0b0000_0101)]
    [InlineData(8, 0b1111_1111, 0b1000_0001)]
    public void Machines_without_a_bit_extraction_pack_alike(int bits, ulong first, ulong last)
    {
        ulong mask = (1ul << bits) - 1;

        ulong packed = IndexRuns.PackEight((first & mask) | ((last & mask) << 56), bits);

        Assert.Equal((first & mask) | ((last & mask) << (7 * bits)), packed);
    }

    private static byte[] Decode(ReadOnlySpan<byte> encoded, int bits, int count)
    {
        List<byte> decoded = [];
        int at = 0;
        while (at < encoded.Length)
        {
            int head = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte part = encoded[at++];
                head |= (part & 0x7F) << shift;
                if (part < 0x80) break;
            }

            if ((head & 1) == 0)
            {
                byte value = bits > 0 ? encoded[at++] : (byte)0;
                for (int i = 0; i < head >> 1; i++) decoded.Add(value);
                continue;
            }

            int values = (head >> 1) * 8;
            for (int i = 0; i < values; i++)
            {
                int value = 0;
                for (int bit = 0; bit < bits; bit++) value |= ((encoded[at + (((i * bits) + bit) / 8)] >> (((i * bits) + bit) % 8)) & 1) << bit;
                decoded.Add((byte)value);
            }

            at += values / 8 * bits;
        }

        Assert.InRange(decoded.Count, count, count + 7);
        return [.. decoded.Take(count)];
    }
}
