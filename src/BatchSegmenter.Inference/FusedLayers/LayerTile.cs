using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using BatchSegmenter.Onnx.Fusion;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>
/// Rows times a panel of 32 columns, some at a time whose sums are kept in registers: eight rows and all columns with vectors of 16; with vectors of 8, of which processors have half as many,
/// six or four rows and 16 columns. The last rows reach back to those before, which then come out twice. Every element is summed in the order of the depth by fused multiply-adds, whatever the width of the vectors, so that all processors agree.
/// </summary>
internal static unsafe class LayerTile
{
    /// <summary>The fewest rows that can be taken.</summary>
    public const int Rows = 8;

    /// <summary>Columns of a panel.</summary>
    public const int Columns = FusedOperator.PanelWidth;

    /// <summary>Rows of the tiles that so many rows need.</summary>
    public static int WholeRows(int rows) => (rows + Rows - 1) / Rows * Rows;

    /// <summary>Whether the processor has vectors that make it worth it.</summary>
    public static bool IsSupported => Vector256.IsHardwareAccelerated && System.Runtime.Intrinsics.X86.Fma.IsSupported;

    /// <summary>ReLU of the products plus bias.</summary>
    /// <param name="a">Rows of <paramref name="depth"/> numbers, <paramref name="stride"/> apart.</param>
    /// <param name="stride">Numbers from row to row.</param>
    /// <param name="rows">How many, at least <see cref="Rows"/>.</param>
    /// <param name="depth">Length of a row.</param>
    /// <param name="panel">[depth, 32].</param>
    /// <param name="bias">32 numbers.</param>
    /// <param name="result">Receives as many rows of 32 numbers.</param>
    /// <param name="resultStride">Numbers from row to row of the result.</param>
    public static void Layer(float* a, int stride, int rows, int depth, float* panel, float* bias, float* result, int resultStride)
    {
        if (Vector512.IsHardwareAccelerated)
            for (nint row = 0; row < rows; row += Rows) Wide(a + LastOr(row, Rows, rows) * stride, stride, depth, panel, bias, result + LastOr(row, Rows, rows) * resultStride, resultStride);
        else Narrow(a, stride, rows, depth, panel, bias, result, resultStride);
    }

    /// <summary>The largest of the products and what is there, column by column.</summary>
    /// <param name="a">Rows of <paramref name="depth"/> numbers, <paramref name="stride"/> apart.</param>
    /// <param name="stride">Numbers from row to row.</param>
    /// <param name="rows">How many, at least <see cref="Rows"/>.</param>
    /// <param name="depth">Length of a row.</param>
    /// <param name="panel">[depth, 32].</param>
    /// <param name="largest">32 numbers.</param>
    public static void Largest(float* a, int stride, int rows, int depth, float* panel, float* largest)
    {
        if (Vector512.IsHardwareAccelerated)
            for (nint row = 0; row < rows; row += Rows) Wide(a + LastOr(row, Rows, rows) * stride, stride, depth, panel, null, largest, 0);
        else Narrow(a, stride, rows, depth, panel, null, largest, 0);
    }

    /// <summary>Where rows that are taken together begin, so that none is beyond the last.</summary>
    public static nint LastOr(nint row, int together, int rows) => Math.Min(row, rows - together);

    /// <summary>All rows with vectors of 8; without bias the largest.</summary>
    internal static void Narrow(float* a, int stride, int rows, int depth, float* panel, float* bias, float* result, int resultStride)
    {
        for (int column = 0; column < Columns; column += 16)
        {
            float* ownBias = bias is null ? null : bias + column;
            for (nint row = 0; row < rows;)
            {
                int together = (rows - row) is <= 4 or 7 or 8 ? 4 : 6;
                nint first = LastOr(row, together, rows);
                float* from = a + first * stride, to = result + first * resultStride + column;
                if (together == 4) Four(from, stride, depth, panel + column, ownBias, to, resultStride);
                else Six(from, stride, depth, panel + column, ownBias, to, resultStride);
                row += together;
            }
        }
    }

    /// <summary>Eight rows and all columns with vectors of 16; without bias the largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide(float* a, int stride, int depth, float* panel, float* bias, float* result, int resultStride)
    {
        float* a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride, a4 = a3 + stride, a5 = a4 + stride, a6 = a5 + stride, a7 = a6 + stride;
        Vector512<float> l0 = default, l1 = default, l2 = default, l3 = default, l4 = default, l5 = default, l6 = default, l7 = default;
        Vector512<float> r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
        for (nint k = 0; k < depth; k++, panel += Columns)
        {
            (Vector512<float> left, Vector512<float> right) = (Vector512.Load(panel), Vector512.Load(panel + 16));
            Vector512<float> each = Vector512.Create(a[k]);
            (l0, r0) = (Vector512.FusedMultiplyAdd(each, left, l0), Vector512.FusedMultiplyAdd(each, right, r0));
            each = Vector512.Create(a1[k]);
            (l1, r1) = (Vector512.FusedMultiplyAdd(each, left, l1), Vector512.FusedMultiplyAdd(each, right, r1));
            each = Vector512.Create(a2[k]);
            (l2, r2) = (Vector512.FusedMultiplyAdd(each, left, l2), Vector512.FusedMultiplyAdd(each, right, r2));
            each = Vector512.Create(a3[k]);
            (l3, r3) = (Vector512.FusedMultiplyAdd(each, left, l3), Vector512.FusedMultiplyAdd(each, right, r3));
            each = Vector512.Create(a4[k]);
            (l4, r4) = (Vector512.FusedMultiplyAdd(each, left, l4), Vector512.FusedMultiplyAdd(each, right, r4));
            each = Vector512.Create(a5[k]);
            (l5, r5) = (Vector512.FusedMultiplyAdd(each, left, l5), Vector512.FusedMultiplyAdd(each, right, r5));
            each = Vector512.Create(a6[k]);
            (l6, r6) = (Vector512.FusedMultiplyAdd(each, left, l6), Vector512.FusedMultiplyAdd(each, right, r6));
            each = Vector512.Create(a7[k]);
            (l7, r7) = (Vector512.FusedMultiplyAdd(each, left, l7), Vector512.FusedMultiplyAdd(each, right, r7));
        }

        if (bias is null)
        {
            Vector512<float> left = Larger(Larger(Larger(l0, l1), Larger(l2, l3)), Larger(Larger(l4, l5), Larger(l6, l7)));
            Vector512<float> right = Larger(Larger(Larger(r0, r1), Larger(r2, r3)), Larger(Larger(r4, r5), Larger(r6, r7)));
            Larger(left, Vector512.Load(result)).Store(result);
            Larger(right, Vector512.Load(result + 16)).Store(result + 16);
            return;
        }

        (Vector512<float> leftBias, Vector512<float> rightBias) = (Vector512.Load(bias), Vector512.Load(bias + 16));
        Activated(l0, leftBias, result);
        Activated(r0, rightBias, result + 16);
        Activated(l1, leftBias, result += resultStride);
        Activated(r1, rightBias, result + 16);
        Activated(l2, leftBias, result += resultStride);
        Activated(r2, rightBias, result + 16);
        Activated(l3, leftBias, result += resultStride);
        Activated(r3, rightBias, result + 16);
        Activated(l4, leftBias, result += resultStride);
        Activated(r4, rightBias, result + 16);
        Activated(l5, leftBias, result += resultStride);
        Activated(r5, rightBias, result + 16);
        Activated(l6, leftBias, result += resultStride);
        Activated(r6, rightBias, result + 16);
        Activated(l7, leftBias, result += resultStride);
        Activated(r7, rightBias, result + 16);
    }

    /// <summary>Six rows and 16 columns with vectors of 8, two steps of the depth at a time; without bias the largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Six(float* a, int stride, int depth, float* panel, float* bias, float* result, int resultStride)
    {
        float* a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride, a4 = a3 + stride, a5 = a4 + stride;
        Vector256<float> l0 = default, l1 = default, l2 = default, l3 = default, l4 = default, l5 = default;
        Vector256<float> r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default;
        nint k = 0;
        for (; k < depth - 1; k += 2, panel += 2 * Columns)
        {
            (Vector256<float> left, Vector256<float> right) = (Vector256.Load(panel), Vector256.Load(panel + 8));
            Add(a[k], left, right, ref l0, ref r0);
            Add(a1[k], left, right, ref l1, ref r1);
            Add(a2[k], left, right, ref l2, ref r2);
            Add(a3[k], left, right, ref l3, ref r3);
            Add(a4[k], left, right, ref l4, ref r4);
            Add(a5[k], left, right, ref l5, ref r5);
            (left, right) = (Vector256.Load(panel + Columns), Vector256.Load(panel + Columns + 8));
            Add(a[k + 1], left, right, ref l0, ref r0);
            Add(a1[k + 1], left, right, ref l1, ref r1);
            Add(a2[k + 1], left, right, ref l2, ref r2);
            Add(a3[k + 1], left, right, ref l3, ref r3);
            Add(a4[k + 1], left, right, ref l4, ref r4);
            Add(a5[k + 1], left, right, ref l5, ref r5);
        }
        if (k < depth)
        {
            (Vector256<float> left, Vector256<float> right) = (Vector256.Load(panel), Vector256.Load(panel + 8));
            Add(a[k], left, right, ref l0, ref r0);
            Add(a1[k], left, right, ref l1, ref r1);
            Add(a2[k], left, right, ref l2, ref r2);
            Add(a3[k], left, right, ref l3, ref r3);
            Add(a4[k], left, right, ref l4, ref r4);
            Add(a5[k], left, right, ref l5, ref r5);
        }

        if (bias is null)
        {
            Larger(Larger(Larger(Larger(l0, l1), Larger(l2, l3)), Larger(l4, l5)), Vector256.Load(result)).Store(result);
            Larger(Larger(Larger(Larger(r0, r1), Larger(r2, r3)), Larger(r4, r5)), Vector256.Load(result + 8)).Store(result + 8);
            return;
        }

        (Vector256<float> leftBias, Vector256<float> rightBias) = (Vector256.Load(bias), Vector256.Load(bias + 8));
        Activated(l0, leftBias, result);
        Activated(r0, rightBias, result + 8);
        Activated(l1, leftBias, result += resultStride);
        Activated(r1, rightBias, result + 8);
        Activated(l2, leftBias, result += resultStride);
        Activated(r2, rightBias, result + 8);
        Activated(l3, leftBias, result += resultStride);
        Activated(r3, rightBias, result + 8);
        Activated(l4, leftBias, result += resultStride);
        Activated(r4, rightBias, result + 8);
        Activated(l5, leftBias, result += resultStride);
        Activated(r5, rightBias, result + 8);
    }

    /// <summary>Four rows and 16 columns with vectors of 8; without bias the largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(float* a, int stride, int depth, float* panel, float* bias, float* result, int resultStride)
    {
        float* a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride;
        Vector256<float> l0 = default, l1 = default, l2 = default, l3 = default;
        Vector256<float> r0 = default, r1 = default, r2 = default, r3 = default;
        for (nint k = 0; k < depth; k++, panel += Columns)
        {
            (Vector256<float> left, Vector256<float> right) = (Vector256.Load(panel), Vector256.Load(panel + 8));
            Add(a[k], left, right, ref l0, ref r0);
            Add(a1[k], left, right, ref l1, ref r1);
            Add(a2[k], left, right, ref l2, ref r2);
            Add(a3[k], left, right, ref l3, ref r3);
        }

        if (bias is null)
        {
            Larger(Larger(Larger(l0, l1), Larger(l2, l3)), Vector256.Load(result)).Store(result);
            Larger(Larger(Larger(r0, r1), Larger(r2, r3)), Vector256.Load(result + 8)).Store(result + 8);
            return;
        }

        (Vector256<float> leftBias, Vector256<float> rightBias) = (Vector256.Load(bias), Vector256.Load(bias + 8));
        Activated(l0, leftBias, result);
        Activated(r0, rightBias, result + 8);
        Activated(l1, leftBias, result += resultStride);
        Activated(r1, rightBias, result + 8);
        Activated(l2, leftBias, result += resultStride);
        Activated(r2, rightBias, result + 8);
        Activated(l3, leftBias, result += resultStride);
        Activated(r3, rightBias, result + 8);
    }

    /// <summary>Adds a number's products with 16 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float number, Vector256<float> left, Vector256<float> right, ref Vector256<float> leftSums, ref Vector256<float> rightSums)
    {
        Vector256<float> each = Vector256.Create(number);
        (leftSums, rightSums) = (Vector256.FusedMultiplyAdd(each, left, leftSums), Vector256.FusedMultiplyAdd(each, right, rightSums));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Larger(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Larger(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Activated(Vector512<float> sums, Vector512<float> bias, float* result) => Vector512.MaxNative(sums + bias, Vector512<float>.Zero).Store(result);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Activated(Vector256<float> sums, Vector256<float> bias, float* result) => Vector256.MaxNative(sums + bias, Vector256<float>.Zero).Store(result);
}
