using System.Numerics;
using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Parquet.Writing;

namespace BatchSegmenter.Formats.Tests.Parquet.Writing;

public sealed class DeltaPackingTests
{
    public static TheoryData<int, string> Shapes()
    {
        TheoryData<int, string> shapes = [];
        foreach (int count in (int[])[1, 2, 31, 32, 33, 34, 128, 129, 130, 161, 257, 5000])
            foreach (string kind in (string[])["equal", "counting", "near", "any", "extremes"]) shapes.Add(count, kind);
        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void What_was_encoded_is_decoded_by_the_formats_rules(int count, string kind)
    {
        Random random = new(count);
        Check<int>(i => kind switch
        {
            "equal" => -7, "counting" => i, "near" => random.Next(-1000, 1000), "any" => random.Next(int.MinValue, int.MaxValue),
            _ => random.Next(3) switch { 0 => int.MinValue, 1 => int.MaxValue, _ => random.Next(-1, 2) },
        }, count);
        Check<long>(i => kind switch
        {
            "equal" => -7, "counting" => 5_000_000_000 + i, "near" => random.Next(-1000, 1000), "any" => random.NextInt64(long.MinValue, long.MaxValue),
            _ => random.Next(3) switch { 0 => long.MinValue, 1 => long.MaxValue, _ => random.Next(-1, 2) },
        }, count);
    }

    [Fact]
    public void Counting_takes_a_few_bytes_a_block()
    {
        long[] values = [.. Enumerable.Range(0, 128_001).Select(i => (long)i)];

        Assert.Equal(7 + (1000 * 5), DeltaPacking.Encode<long>(values, new byte[DeltaPacking.MostBytes<long>(values.Length)]));
    }

    [Fact]
    public void Parts_of_32_have_widths_of_their_own()
    {
        int[] values = new int[129];
        for (int i = 1; i < values.Length; i++) values[i] = values[i - 1] + (i == 100 ? 1 << 20 : i == 40 ? 1 : 0);
        byte[] encoded = new byte[DeltaPacking.MostBytes<int>(values.Length)];

        int taken = DeltaPacking.Encode<int>(values, encoded);

        // 128, four, 129 values, the first is 0; the least difference is 0; widths.
        Assert.Equal<byte>([128, 1, 4, 129, 1, 0, 0, 0, 1, 0, 21], encoded[..11]);
        Assert.Equal(11 + 4 + (21 * 4), taken);
    }

    private static void Check<T>(Func<int, T> value, int count)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        T[] values = [.. Enumerable.Range(0, count).Select(value)];
        byte[] encoded = new byte[DeltaPacking.MostBytes<T>(count)];
        int taken = DeltaPacking.Encode<T>(values, encoded);

        Assert.Equal(values, Decode<T>(encoded.AsSpan(0, taken)));
    }

    /// <summary>Bit by bit, as the format's text has it.</summary>
    private static T[] Decode<T>(ReadOnlySpan<byte> encoded)
        where T : unmanaged, IBinaryInteger<T>
    {
        int at = 0;
        Assert.Equal(128ul, Varint(encoded, ref at));
        Assert.Equal(4ul, Varint(encoded, ref at));
        int count = (int)Varint(encoded, ref at);
        List<T> values = [T.CreateTruncating(Signed(encoded, ref at))];
        while (values.Count < count)
        {
            T least = T.CreateTruncating(Signed(encoded, ref at));
            ReadOnlySpan<byte> widths = encoded.Slice(at, 4);
            at += 4;
            foreach (byte width in widths)
            {
                if (values.Count == count)
                {
                    Assert.Equal(0, width);
                    continue;
                }

                Assert.InRange(width, 0, Unsafe.SizeOf<T>() * 8);
                for (int i = 0; i < 32 && values.Count < count; i++)
                {
                    ulong above = 0;
                    for (int bit = 0; bit < width; bit++) above |= (ulong)((encoded[at + (((i * width) + bit) / 8)] >> (((i * width) + bit) % 8)) & 1) << bit;
                    values.Add(unchecked(values[^1] + least + T.CreateTruncating(above)));
                }

                at += width * 4;
            }
        }

        Assert.Equal(encoded.Length, at);
        return [.. values];
    }

    private static ulong Varint(ReadOnlySpan<byte> encoded, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = encoded[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }

    private static long Signed(ReadOnlySpan<byte> encoded, ref int at)
    {
        ulong value = Varint(encoded, ref at);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}
