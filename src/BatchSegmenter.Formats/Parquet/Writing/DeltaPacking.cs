using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Parquet.Writing;

/// <summary>
/// Parquet's DELTA_BINARY_PACKED: differences from value to value, of each block the least, and of 32 at a time what they are above it, in as few bits
/// as the greatest needs. Differences wrap at the width of the type, as the format has it.
/// </summary>
internal static class DeltaPacking
{
    private const int BlockValues = 128, MiniBlocks = 4, MiniValues = BlockValues / MiniBlocks;

    // What comes before the blocks, and before the packed values of each, at most.
    private const int HeadBytes = 2 + 1 + 5 + 10, BlockHeadBytes = 10 + MiniBlocks;

    /// <summary>Bytes that so many values take at most.</summary>
    public static int MostBytes<T>(int count)
        where T : unmanaged => HeadBytes + (((count / BlockValues) + 1) * (BlockHeadBytes + (BlockValues * Unsafe.SizeOf<T>())));

    /// <summary>Encodes <paramref name="values"/>, which are of 32 or 64 bits with a sign.</summary>
    /// <param name="values">The values.</param>
    /// <param name="target">Room for <see cref="MostBytes"/>.</param>
    /// <returns>The bytes taken.</returns>
    public static int Encode<T>(ReadOnlySpan<T> values, Span<byte> target)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        int at = WriteVarint(target, BlockValues);
        at += WriteVarint(target[at..], MiniBlocks);
        at += WriteVarint(target[at..], (uint)values.Length);
        at += WriteVarint(target[at..], ZigZag(values.IsEmpty ? 0 : long.CreateTruncating(values[0])));
        Span<T> steps = stackalloc T[BlockValues];
        for (int first = 1; first < values.Length; first += BlockValues)
        {
            int count = Math.Min(BlockValues, values.Length - first);
            T least = Differences(values.Slice(first - 1, count + 1), steps[..count]);
            at += WriteVarint(target[at..], ZigZag(long.CreateTruncating(least)));
            Span<byte> widths = target.Slice(at, MiniBlocks);
            widths.Clear();
            at += MiniBlocks;
            Subtract(steps[..count], least);
            steps[count..].Clear(); // a part of 32 that is begun is filled up
            for (int mini = 0; mini * MiniValues < count; mini++)
            {
                ReadOnlySpan<T> part = steps.Slice(mini * MiniValues, MiniValues);
                int bits = BitsOf(part);
                widths[mini] = (byte)bits;
                Pack(part, bits, target[at..]);
                at += bits * MiniValues / 8;
            }
        }

        return at;
    }

    /// <summary>Takes each value from the next; returns the least difference.</summary>
    private static T Differences<T>(ReadOnlySpan<T> values, Span<T> steps)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        T least = T.MaxValue;
        int i = 0;
        if (steps.Length >= Vector<T>.Count)
        {
            Vector<T> low = new(T.MaxValue);
            for (; i <= steps.Length - Vector<T>.Count; i += Vector<T>.Count)
            {
                Vector<T> step = new Vector<T>(values[(i + 1)..]) - new Vector<T>(values[i..]);
                step.CopyTo(steps[i..]);
                low = Vector.Min(low, step);
            }

            for (int lane = 0; lane < Vector<T>.Count; lane++) least = T.Min(least, low[lane]);
        }

        for (; i < steps.Length; i++)
        {
            steps[i] = unchecked(values[i + 1] - values[i]);
            least = T.Min(least, steps[i]);
        }

        return least;
    }

    private static void Subtract<T>(Span<T> steps, T least)
        where T : unmanaged, IBinaryInteger<T>
    {
        Span<Vector<T>> vectors = MemoryMarshal.Cast<T, Vector<T>>(steps);
        Vector<T> low = new(least);
        foreach (ref Vector<T> vector in vectors) vector -= low;
        foreach (ref T step in steps[(vectors.Length * Vector<T>.Count)..]) step = unchecked(step - least);
    }

    private static int BitsOf<T>(ReadOnlySpan<T> steps)
        where T : unmanaged, IBinaryInteger<T>
    {
        T all = T.Zero;
        foreach (T step in steps) all |= step;
        return (Unsafe.SizeOf<T>() * 8) - int.CreateTruncating(T.LeadingZeroCount(all));
    }

    // The first value stands lowest. Up to 64 bits are held until they fill eight bytes; 32 values always end with a whole byte.
    private static void Pack<T>(ReadOnlySpan<T> steps, int bits, Span<byte> target)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (bits == 0) return;
        ulong mask = ulong.MaxValue >> (64 - bits), held = 0;
        int filled = 0, at = 0;
        foreach (T step in steps)
        {
            ulong value = ulong.CreateTruncating(step) & mask;
            held |= value << filled;
            filled += bits;
            if (filled < 64) continue;
            BinaryPrimitives.WriteUInt64LittleEndian(target[at..], held);
            at += 8;
            filled -= 64;
            held = filled == 0 ? 0 : value >> (bits - filled);
        }

        for (; filled > 0; filled -= 8, held >>= 8) target[at++] = (byte)held;
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static int WriteVarint(Span<byte> target, ulong value)
    {
        int taken = 0;
        for (; value >= 0x80; value >>= 7) target[taken++] = (byte)(value | 0x80);
        target[taken++] = (byte)value;
        return taken;
    }
}
