using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using BatchSegmenter.Onnx.Fusion;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>
/// <see cref="LayerTile"/> for rows of unsigned bytes and signed weights between −63 and 63, as sums of 32 bits that never leave the registers. They are exact: two products
/// fit 16 bits, and of weights between −31 and 31 four do. Products are added up there before they are widened: three instructions of the multiplier for 128 products of small
/// weights with vectors of 16 (64 with vectors of 8), four for others. .NET has AVX-512's own instruction for it (VNNI) only with vectors of 8; that serves processors without AVX-512.
/// </summary>
internal static unsafe class ByteTile
{
    private static bool IsWide => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    /// <summary>The products in steps of what the next layer reads, as bytes; saturation does what ReLU does.</summary>
    /// <param name="a">Rows of <paramref name="depth"/> bytes, <paramref name="stride"/> apart.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="rows">How many, at least <see cref="LayerTile.Rows"/>.</param>
    /// <param name="depth">Length of a row, a multiple of 8.</param>
    /// <param name="panel">[depth, 32], laid out by <see cref="FusedOperator.BytePanels"/>.</param>
    /// <param name="isSmall">Whether the weights lie between −31 and 31.</param>
    /// <param name="factors">What the sums are multiplied by, 32 numbers.</param>
    /// <param name="bias">What is added then, 32 numbers.</param>
    /// <param name="result">Receives as many rows of 32 bytes.</param>
    /// <param name="resultStride">Bytes from row to row of the result.</param>
    public static void Layer(byte* a, int stride, int rows, int depth, sbyte* panel, bool isSmall, float* factors, float* bias, byte* result, int resultStride) =>
        All(a, stride, rows, depth, panel, isSmall, factors, bias, result, resultStride, Form.Bytes);

    /// <summary>The same as numbers after ReLU.</summary>
    public static void LayerToFloat(byte* a, int stride, int rows, int depth, sbyte* panel, bool isSmall, float* factors, float* bias, float* result, int resultStride) =>
        All(a, stride, rows, depth, panel, isSmall, factors, bias, result, resultStride, Form.Floats);

    /// <summary>The largest of the sums and what is there, column by column.</summary>
    /// <param name="a">Rows of <paramref name="depth"/> bytes, <paramref name="stride"/> apart.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="rows">How many, at least <see cref="LayerTile.Rows"/>.</param>
    /// <param name="depth">Length of a row, a multiple of 8.</param>
    /// <param name="panel">[depth, 32], laid out by <see cref="FusedOperator.BytePanels"/>.</param>
    /// <param name="isSmall">Whether the weights lie between −31 and 31.</param>
    /// <param name="largest">32 sums.</param>
    public static void Largest(byte* a, int stride, int rows, int depth, sbyte* panel, bool isSmall, int* largest) => All(a, stride, rows, depth, panel, isSmall, null, null, largest, 0, Form.Largest);

    /// <summary>Integers as bytes, each saturated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Packed(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d)
    {
        // Both halves of vectors are packed by themselves.
        Vector256<byte> packed = Avx2.PackUnsignedSaturate(Avx2.PackSignedSaturate(a, b), Avx2.PackSignedSaturate(c, d));
        return Avx2.PermuteVar8x32(packed.AsInt32(), Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)).AsByte();
    }

    private readonly struct Pairs;

    private readonly struct Fours;

    /// <summary>What sums become.</summary>
    internal enum Form
    {
        Bytes,
        Floats,
        Largest,
    }

    private static void All(byte* a, int stride, int rows, int depth, sbyte* panel, bool isSmall, float* factors, float* bias, void* result, int resultStride, Form form)
    {
        if (!IsWide)
        {
            Narrow(a, stride, rows, depth, panel, isSmall, factors, bias, result, resultStride, form);
            return;
        }
        for (nint row = 0; row < rows; row += LayerTile.Rows)
        {
            nint first = LayerTile.LastOr(row, LayerTile.Rows, rows);
            byte* from = a + first * stride, to = (byte*)result + first * resultStride * SizeOf(form);
            if (isSmall) Wide<Fours>(from, stride, depth, panel, factors, bias, to, resultStride, form);
            else Wide<Pairs>(from, stride, depth, panel, factors, bias, to, resultStride, form);
        }
    }

    /// <summary>All rows with vectors of 8.</summary>
    internal static void Narrow(byte* a, int stride, int rows, int depth, sbyte* panel, bool isSmall, float* factors, float* bias, void* result, int resultStride, Form form)
    {
        for (int column = 0; column < LayerTile.Columns; column += 16)
        {
            byte* to = (byte*)result + column * SizeOf(form);
            if (isSmall) Half<Fours>(a, stride, rows, depth, panel + 4 * column, factors + column, bias + column, to, resultStride, form);
            else Half<Pairs>(a, stride, rows, depth, panel + 4 * column, factors + column, bias + column, to, resultStride, form);
        }
    }

    private static int SizeOf(Form form) => form == Form.Bytes ? 1 : sizeof(float);

    /// <summary>Eight rows and all columns with vectors of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide<TSums>(byte* a, int stride, int depth, sbyte* panel, float* factors, float* bias, void* result, int resultStride, Form form)
        where TSums : struct
    {
        byte* a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride, a4 = a3 + stride, a5 = a4 + stride, a6 = a5 + stride, a7 = a6 + stride;
        Vector512<int> l0 = default, l1 = default, l2 = default, l3 = default, l4 = default, l5 = default, l6 = default, l7 = default;
        Vector512<int> r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
        for (nint k = 0; k < depth; k += FusedOperator.ByteDepth, panel += FusedOperator.ByteDepth * LayerTile.Columns)
        {
            (Vector512<sbyte> left, Vector512<sbyte> right, Vector512<sbyte> nextLeft, Vector512<sbyte> nextRight) = (Vector512.Load(panel), Vector512.Load(panel + 64), Vector512.Load(panel + 128), Vector512.Load(panel + 192));
            (Vector512<byte> first, Vector512<byte> second) = (Four(a + k), Four(a + k + 4));
            (l0, r0) = (Add<TSums>(l0, first, left, second, nextLeft), Add<TSums>(r0, first, right, second, nextRight));
            (first, second) = (Four(a1 + k), Four(a1 + k + 4));
            (l1, r1) = (Add<TSums>(l1, first, left, second, nextLeft), Add<TSums>(r1, first, right, second, nextRight));
            (first, second) = (Four(a2 + k), Four(a2 + k + 4));
            (l2, r2) = (Add<TSums>(l2, first, left, second, nextLeft), Add<TSums>(r2, first, right, second, nextRight));
            (first, second) = (Four(a3 + k), Four(a3 + k + 4));
            (l3, r3) = (Add<TSums>(l3, first, left, second, nextLeft), Add<TSums>(r3, first, right, second, nextRight));
            (first, second) = (Four(a4 + k), Four(a4 + k + 4));
            (l4, r4) = (Add<TSums>(l4, first, left, second, nextLeft), Add<TSums>(r4, first, right, second, nextRight));
            (first, second) = (Four(a5 + k), Four(a5 + k + 4));
            (l5, r5) = (Add<TSums>(l5, first, left, second, nextLeft), Add<TSums>(r5, first, right, second, nextRight));
            (first, second) = (Four(a6 + k), Four(a6 + k + 4));
            (l6, r6) = (Add<TSums>(l6, first, left, second, nextLeft), Add<TSums>(r6, first, right, second, nextRight));
            (first, second) = (Four(a7 + k), Four(a7 + k + 4));
            (l7, r7) = (Add<TSums>(l7, first, left, second, nextLeft), Add<TSums>(r7, first, right, second, nextRight));
        }

        if (form == Form.Largest)
        {
            int* largest = (int*)result;
            Vector512<int> left = Larger(Larger(Larger(l0, l1), Larger(l2, l3)), Larger(Larger(l4, l5), Larger(l6, l7)));
            Vector512<int> right = Larger(Larger(Larger(r0, r1), Larger(r2, r3)), Larger(Larger(r4, r5), Larger(r6, r7)));
            Larger(left, Vector512.Load(largest)).Store(largest);
            Larger(right, Vector512.Load(largest + 16)).Store(largest + 16);
            return;
        }

        (Vector512<float> leftFactors, Vector512<float> rightFactors, Vector512<float> leftBias, Vector512<float> rightBias) = (Vector512.Load(factors), Vector512.Load(factors + 16), Vector512.Load(bias), Vector512.Load(bias + 16));
        Vector512<float> f0 = Real(l0, leftFactors, leftBias), f1 = Real(l1, leftFactors, leftBias), f2 = Real(l2, leftFactors, leftBias), f3 = Real(l3, leftFactors, leftBias);
        Vector512<float> f4 = Real(l4, leftFactors, leftBias), f5 = Real(l5, leftFactors, leftBias), f6 = Real(l6, leftFactors, leftBias), f7 = Real(l7, leftFactors, leftBias);
        Vector512<float> g0 = Real(r0, rightFactors, rightBias), g1 = Real(r1, rightFactors, rightBias), g2 = Real(r2, rightFactors, rightBias), g3 = Real(r3, rightFactors, rightBias);
        Vector512<float> g4 = Real(r4, rightFactors, rightBias), g5 = Real(r5, rightFactors, rightBias), g6 = Real(r6, rightFactors, rightBias), g7 = Real(r7, rightFactors, rightBias);
        if (form == Form.Bytes)
        {
            byte* bytes = (byte*)result;
            Store(f0, g0, f1, g1, bytes, resultStride);
            Store(f2, g2, f3, g3, bytes += 2 * resultStride, resultStride);
            Store(f4, g4, f5, g5, bytes += 2 * resultStride, resultStride);
            Store(f6, g6, f7, g7, bytes += 2 * resultStride, resultStride);
            return;
        }
        float* floats = (float*)result;
        Store(f0, g0, floats);
        Store(f1, g1, floats += resultStride);
        Store(f2, g2, floats += resultStride);
        Store(f3, g3, floats += resultStride);
        Store(f4, g4, floats += resultStride);
        Store(f5, g5, floats += resultStride);
        Store(f6, g6, floats += resultStride);
        Store(f7, g7, floats += resultStride);
    }

    /// <summary>Sixteen columns with vectors of 8, four rows at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Half<TSums>(byte* a, int stride, int rows, int depth, sbyte* panel, float* factors, float* bias, void* result, int resultStride, Form form)
        where TSums : struct
    {
        for (nint row = 0; row < rows; row += 4)
        {
            nint at = LayerTile.LastOr(row, 4, rows);
            byte* a0 = a + at * stride, a1 = a0 + stride, a2 = a1 + stride, a3 = a2 + stride, to = (byte*)result + at * resultStride * SizeOf(form);
            Vector256<int> l0 = default, l1 = default, l2 = default, l3 = default;
            Vector256<int> r0 = default, r1 = default, r2 = default, r3 = default;
            sbyte* weights = panel;
            for (nint k = 0; k < depth; k += FusedOperator.ByteDepth, weights += FusedOperator.ByteDepth * LayerTile.Columns)
            {
                (Vector256<sbyte> left, Vector256<sbyte> right, Vector256<sbyte> nextLeft, Vector256<sbyte> nextRight) = (Vector256.Load(weights), Vector256.Load(weights + 32), Vector256.Load(weights + 128), Vector256.Load(weights + 160));
                (Vector256<byte> first, Vector256<byte> second) = (FourOf(a0 + k), FourOf(a0 + k + 4));
                (l0, r0) = (Add<TSums>(l0, first, left, second, nextLeft), Add<TSums>(r0, first, right, second, nextRight));
                (first, second) = (FourOf(a1 + k), FourOf(a1 + k + 4));
                (l1, r1) = (Add<TSums>(l1, first, left, second, nextLeft), Add<TSums>(r1, first, right, second, nextRight));
                (first, second) = (FourOf(a2 + k), FourOf(a2 + k + 4));
                (l2, r2) = (Add<TSums>(l2, first, left, second, nextLeft), Add<TSums>(r2, first, right, second, nextRight));
                (first, second) = (FourOf(a3 + k), FourOf(a3 + k + 4));
                (l3, r3) = (Add<TSums>(l3, first, left, second, nextLeft), Add<TSums>(r3, first, right, second, nextRight));
            }

            if (form == Form.Largest)
            {
                int* largest = (int*)to;
                Vector256.Max(Vector256.Max(Vector256.Max(l0, l1), Vector256.Max(l2, l3)), Vector256.Load(largest)).Store(largest);
                Vector256.Max(Vector256.Max(Vector256.Max(r0, r1), Vector256.Max(r2, r3)), Vector256.Load(largest + 8)).Store(largest + 8);
                continue;
            }

            (Vector256<float> leftFactors, Vector256<float> rightFactors, Vector256<float> leftBias, Vector256<float> rightBias) = (Vector256.Load(factors), Vector256.Load(factors + 8), Vector256.Load(bias), Vector256.Load(bias + 8));
            Vector256<float> f0 = Real(l0, leftFactors, leftBias), f1 = Real(l1, leftFactors, leftBias), f2 = Real(l2, leftFactors, leftBias), f3 = Real(l3, leftFactors, leftBias);
            Vector256<float> g0 = Real(r0, rightFactors, rightBias), g1 = Real(r1, rightFactors, rightBias), g2 = Real(r2, rightFactors, rightBias), g3 = Real(r3, rightFactors, rightBias);
            if (form == Form.Bytes)
            {
                Store(f0, g0, f1, g1, to, resultStride);
                Store(f2, g2, f3, g3, to + 2 * resultStride, resultStride);
                continue;
            }
            float* floats = (float*)to;
            Store(f0, g0, floats);
            Store(f1, g1, floats += resultStride);
            Store(f2, g2, floats += resultStride);
            Store(f3, g3, floats += resultStride);
        }
    }

    /// <summary>Four bytes of a row, for all columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Four(byte* row) => Vector512.Create(*(int*)row).AsByte();

    /// <summary>Adds eight products to each sum, of which <typeparamref name="TSums"/> tells how many fit 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Add<TSums>(Vector512<int> sums, Vector512<byte> first, Vector512<sbyte> weights, Vector512<byte> second, Vector512<sbyte> nextWeights)
        where TSums : struct
    {
        (Vector512<short> one, Vector512<short> next) = (Avx512BW.MultiplyAddAdjacent(first, weights), Avx512BW.MultiplyAddAdjacent(second, nextWeights));
        return typeof(TSums) == typeof(Fours) ? sums + Widened(one + next) : sums + Widened(one) + Widened(next);
    }

    /// <summary>Four bytes of a row, for all columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> FourOf(byte* row) => Vector256.Create(*(int*)row).AsByte();

    /// <summary>Adds eight products to each sum, of which <typeparamref name="TSums"/> tells how many fit 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Add<TSums>(Vector256<int> sums, Vector256<byte> first, Vector256<sbyte> weights, Vector256<byte> second, Vector256<sbyte> nextWeights)
        where TSums : struct
    {
        if (AvxVnni.IsSupported) return AvxVnni.MultiplyWideningAndAdd(AvxVnni.MultiplyWideningAndAdd(sums, first, weights), second, nextWeights);
        (Vector256<short> one, Vector256<short> next) = (Avx2.MultiplyAddAdjacent(first, weights), Avx2.MultiplyAddAdjacent(second, nextWeights));
        return typeof(TSums) == typeof(Fours) ? sums + Widened(one + next) : sums + Widened(one) + Widened(next);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widened(Vector512<short> products) => Avx512BW.MultiplyAddAdjacent(products, Vector512.Create((short)1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widened(Vector256<short> products) => Avx2.MultiplyAddAdjacent(products, Vector256.Create((short)1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Larger(Vector512<int> a, Vector512<int> b) => Vector512.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Real(Vector512<int> sums, Vector512<float> factors, Vector512<float> bias) => Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sums), factors, bias);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Real(Vector256<int> sums, Vector256<float> factors, Vector256<float> bias) => Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sums), factors, bias);

    /// <summary>Two rows as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> left, Vector512<float> right, Vector512<float> nextLeft, Vector512<float> nextRight, byte* result, int stride)
    {
        Vector512<short> row = Avx512BW.PackSignedSaturate(Avx512F.ConvertToVector512Int32(left), Avx512F.ConvertToVector512Int32(right));
        Vector512<short> next = Avx512BW.PackSignedSaturate(Avx512F.ConvertToVector512Int32(nextLeft), Avx512F.ConvertToVector512Int32(nextRight));
        Vector512<int> packed = Avx512BW.PackUnsignedSaturate(row, next).AsInt32();
        Vector512<byte> both = Avx512F.PermuteVar16x32(packed, Vector512.Create(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)).AsByte();
        both.GetLower().Store(result);
        both.GetUpper().Store(result + stride);
    }

    /// <summary>Two rows as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> left, Vector256<float> right, Vector256<float> nextLeft, Vector256<float> nextRight, byte* result, int stride)
    {
        Vector256<byte> both = Packed(
            Avx.ConvertToVector256Int32(left), Avx.ConvertToVector256Int32(right), Avx.ConvertToVector256Int32(nextLeft), Avx.ConvertToVector256Int32(nextRight));
        both.GetLower().Store(result);
        both.GetUpper().Store(result + stride);
    }

    /// <summary>A row as numbers after ReLU.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> left, Vector512<float> right, float* result)
    {
        Vector512.MaxNative(left, Vector512<float>.Zero).Store(result);
        Vector512.MaxNative(right, Vector512<float>.Zero).Store(result + 16);
    }

    /// <summary>A row as numbers after ReLU.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> left, Vector256<float> right, float* result)
    {
        Vector256.MaxNative(left, Vector256<float>.Zero).Store(result);
        Vector256.MaxNative(right, Vector256<float>.Zero).Store(result + 8);
    }
}
