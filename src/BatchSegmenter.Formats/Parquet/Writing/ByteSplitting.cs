using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchSegmenter.Formats.Parquet.Writing;

/// <summary>Parquet's byte stream split: the first bytes of all values, then the second bytes, and so on.</summary>
internal static class ByteSplitting
{
    /// <summary>Splits <paramref name="values"/> of 4 or 8 bytes each.</summary>
    /// <param name="values">The values.</param>
    /// <param name="target">As many bytes as the values have.</param>
    /// <exception cref="ArgumentException">Values of another size, or a target of another length.</exception>
    public static void Split<T>(ReadOnlySpan<T> values, Span<byte> target)
        where T : unmanaged
    {
        ReadOnlySpan<byte> source = MemoryMarshal.AsBytes(values);
        if (source.Length != target.Length) throw new ArgumentException($"{target.Length} bytes for values of {source.Length}.", nameof(target));
        int size = Unsafe.SizeOf<T>(), count = values.Length, whole = count & ~7;
        if (size == 8) SplitEights(source[..(whole * 8)], target, count);
        else if (size == 4) SplitFours(source[..(whole * 4)], target, count);
        else throw new ArgumentException($"Values of {size} bytes; expected 4 or 8.", nameof(values));
        SplitOneByOne(source, size, whole, target);
    }

    /// <summary>The same for values from <paramref name="first"/> on, a byte at a time: for what does not fill a vector, and to compare with.</summary>
    internal static void SplitOneByOne(ReadOnlySpan<byte> source, int size, int first, Span<byte> target)
    {
        int count = source.Length / size;
        for (int i = first; i < count; i++)
            for (int plane = 0; plane < size; plane++) target[(plane * count) + i] = source[(i * size) + plane];
    }

    // Eight values are a square of eight times eight bytes, which is turned over in halves: blocks of four, two and one bytes change places. What a
    // permutation of 64 bytes would save is not to be measured: stores into eight planes take the time.
    private static void SplitEights(ReadOnlySpan<byte> source, Span<byte> target, int count)
    {
        for (int i = 0; i * 8 < source.Length; i += 8)
        {
            ReadOnlySpan<byte> square = source.Slice(i * 8, 64);
            ulong a = Row(square, 0), b = Row(square, 1), c = Row(square, 2), d = Row(square, 3);
            ulong e = Row(square, 4), f = Row(square, 5), g = Row(square, 6), h = Row(square, 7);
            Swap(ref a, ref e, 32, 0x00000000FFFFFFFF);
            Swap(ref b, ref f, 32, 0x00000000FFFFFFFF);
            Swap(ref c, ref g, 32, 0x00000000FFFFFFFF);
            Swap(ref d, ref h, 32, 0x00000000FFFFFFFF);
            Swap(ref a, ref c, 16, 0x0000FFFF0000FFFF);
            Swap(ref b, ref d, 16, 0x0000FFFF0000FFFF);
            Swap(ref e, ref g, 16, 0x0000FFFF0000FFFF);
            Swap(ref f, ref h, 16, 0x0000FFFF0000FFFF);
            Swap(ref a, ref b, 8, 0x00FF00FF00FF00FF);
            Swap(ref c, ref d, 8, 0x00FF00FF00FF00FF);
            Swap(ref e, ref f, 8, 0x00FF00FF00FF00FF);
            Swap(ref g, ref h, 8, 0x00FF00FF00FF00FF);
            Put(target, i, a);
            Put(target, count + i, b);
            Put(target, (2 * count) + i, c);
            Put(target, (3 * count) + i, d);
            Put(target, (4 * count) + i, e);
            Put(target, (5 * count) + i, f);
            Put(target, (6 * count) + i, g);
            Put(target, (7 * count) + i, h);
        }
    }

    private static void SplitFours(ReadOnlySpan<byte> source, Span<byte> target, int count)
    {
        Vector128<byte> order = Vector128.Create((byte)0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        for (int i = 0; i * 4 < source.Length; i += 8)
        {
            // Four values each; of both, the bytes of a plane stand in the same lane.
            Vector128<uint> low = Vector128.Shuffle(Vector128.Create(source.Slice(i * 4, 16)), order).AsUInt32();
            Vector128<uint> high = Vector128.Shuffle(Vector128.Create(source.Slice((i * 4) + 16, 16)), order).AsUInt32();
            for (int plane = 0; plane < 4; plane++) Put(target, (plane * count) + i, low[plane] | ((ulong)high[plane] << 32));
        }
    }

    private static ulong Row(ReadOnlySpan<byte> square, int row) => BinaryPrimitives.ReadUInt64LittleEndian(square[(row * 8)..]);

    private static void Put(Span<byte> target, int at, ulong eight) => BinaryPrimitives.WriteUInt64LittleEndian(target[at..], eight);

    private static void Swap(ref ulong upper, ref ulong lower, int shift, ulong mask)
    {
        ulong changed = ((upper >> shift) ^ lower) & mask;
        lower ^= changed;
        upper ^= changed << shift;
    }
}
