namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// Sorts the combinations of return number and number of returns into the contexts that the format keeps apart. Valid pairs
/// come first; pairs that make no sense (a zero, a number above its total) have a context too.
/// </summary>
internal static class ReturnKinds
{
    // Row: number of returns, column: return number; both 0–7.
    private static ReadOnlySpan<byte> ThreeBits =>
    [
        15, 14, 13, 12, 11, 10, 9, 8,
        14, 0, 1, 3, 6, 10, 10, 9,
        13, 1, 2, 4, 7, 11, 11, 10,
        12, 3, 4, 5, 8, 12, 12, 11,
        11, 6, 7, 8, 9, 13, 13, 12,
        10, 10, 11, 12, 13, 14, 14, 13,
        9, 10, 11, 12, 13, 14, 15, 14,
        8, 9, 10, 11, 12, 13, 14, 15,
    ];

    // Row: number of returns, column: return number; both 0–15.
    private static ReadOnlySpan<byte> FourBits =>
    [
        0, 1, 2, 3, 4, 5, 3, 4, 4, 5, 5, 5, 5, 5, 5, 5,
        1, 0, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
        2, 1, 2, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3,
        3, 3, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
        4, 3, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
        5, 3, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
        3, 3, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4,
        4, 3, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4,
        4, 3, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4,
        5, 3, 4, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4,
        5, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4,
        5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 4, 4, 4,
        5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 4, 4,
        5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 4,
        5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5,
        5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5,
    ];

    /// <summary>One of 16 kinds, from the number of returns in bits 3–5 and the return number in bits 0–2.</summary>
    public static int OfThreeBits(int returns) => ThreeBits[returns & 63];

    /// <summary>One of 6 kinds, from the number of returns in bits 4–7 and the return number in bits 0–3.</summary>
    public static int OfFourBits(byte returns) => FourBits[returns];
}
