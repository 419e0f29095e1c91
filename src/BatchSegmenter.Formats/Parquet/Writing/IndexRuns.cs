using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;

namespace BatchSegmenter.Formats.Parquet.Writing;

/// <summary>
/// Parquet's hybrid of run lengths and packed bits, for indices into a dictionary of at most 256 entries: equal ones as one run, where there are
/// eight or more; others in as few bits as the greatest needs.
/// </summary>
internal static class IndexRuns
{
    // So that the head of packed groups is one byte.
    private const int MostGroups = 63;

    private const ulong Ones = 0x0101010101010101;

    /// <summary>Bytes that so many indices take at most.</summary>
    public static int MostBytes(int count) => count + (count / 8) + 16;

    /// <summary>Bits that an index into a dictionary takes, 0–8.</summary>
    public static int BitsOf(int entries) => entries <= 1 ? 0 : 32 - int.LeadingZeroCount(entries - 1);

    /// <summary>Encodes <paramref name="indices"/>.</summary>
    /// <param name="indices">The indices.</param>
    /// <param name="bits">Bits that each takes, 0–8; see <see cref="BitsOf"/>.</param>
    /// <param name="target">Room for <see cref="MostBytes"/>.</param>
    /// <returns>The bytes taken.</returns>
    public static int Encode(ReadOnlySpan<byte> indices, int bits, Span<byte> target)
    {
        int taken = 0;
        for (int at = 0; at < indices.Length;)
        {
            int run = RunAt(indices[at..]);
            if (run >= 8)
            {
                taken += WriteRun(target[taken..], run);
                if (bits > 0) target[taken++] = indices[at];
                at += run;
                continue;
            }

            int groups = 0, headAt = taken++;
            do
            {
                taken += Pack(indices[at..], bits, target[taken..]);
                at = Math.Min(at + 8, indices.Length);
                groups++;
            }
            while (groups < MostGroups && at < indices.Length && !BeginsRun(indices[at..]));
            target[headAt] = (byte)((groups << 1) | 1);
        }

        return taken;
    }

    /// <summary>Writes the head of a run of equal values, which follow once in whole bytes.</summary>
    /// <returns>The bytes taken, at most 5.</returns>
    public static int WriteRun(Span<byte> target, int length)
    {
        int taken = 0;
        uint head = (uint)length << 1;
        for (; head >= 0x80; head >>= 7) target[taken++] = (byte)(head | 0x80);
        target[taken++] = (byte)head;
        return taken;
    }

    /// <summary>Packs the lowest bits of eight bytes, the first lowest.</summary>
    /// <param name="eight">The bytes, the first lowest; none of more bits.</param>
    /// <param name="bits">Bits of each, 1–8.</param>
    internal static ulong PackEight(ulong eight, int bits)
    {
        ulong packed = 0;
        for (int i = 0; i < 8; i++) packed |= ((eight >> (8 * i)) & 0xFF) << (bits * i);
        return packed;
    }

    private static int RunAt(ReadOnlySpan<byte> indices)
    {
        int end = indices.IndexOfAnyExcept(indices[0]);
        return end < 0 ? indices.Length : end;
    }

    private static bool BeginsRun(ReadOnlySpan<byte> indices) => indices.Length >= 8 && BinaryPrimitives.ReadUInt64LittleEndian(indices) == indices[0] * Ones;

    // The last group of all is filled up with zeros, which readers leave out.
    private static int Pack(ReadOnlySpan<byte> indices, int bits, Span<byte> target)
    {
        if (bits == 0) return 0;
        ulong eight = 0;
        if (indices.Length >= 8) eight = BinaryPrimitives.ReadUInt64LittleEndian(indices);
        else for (int i = indices.Length - 1; i >= 0; i--) eight = (eight << 8) | indices[i];
        ulong packed = Bmi2.X64.IsSupported ? Bmi2.X64.ParallelBitExtract(eight, ((1ul << bits) - 1) * Ones) : PackEight(eight, bits);
        for (int i = 0; i < bits; i++) target[i] = (byte)(packed >> (8 * i));
        return bits;
    }
}
