using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>What happens to single rows before the layers of a fused node.</summary>
internal static unsafe class FusedRows
{
    /// <summary>ReLU of the sum of two rows.</summary>
    public static void Add(float* a, float* b, int width, float* result)
    {
        int i = 0;
        for (; i <= width - Vector<float>.Count; i += Vector<float>.Count)
            Vector.MaxNative(Vector.Load(a + i) + Vector.Load(b + i), Vector<float>.Zero).Store(result + i);
        for (; i < width; i++) result[i] = float.MaxNative(a[i] + b[i], 0);
    }

    /// <summary>ReLU of three rows by their weights, plus another row.</summary>
    public static void Interpolate(float* rows, int* nearest, float* weights, float* own, int width, float* result)
    {
        float* a = rows + (nint)nearest[0] * width, b = rows + (nint)nearest[1] * width, c = rows + (nint)nearest[2] * width;
        (float ofA, float ofB, float ofC) = (weights[0], weights[1], weights[2]);
        int i = 0;
        for (; i <= width - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> sum = Vector.Load(a + i) * ofA + Vector.Load(b + i) * ofB + Vector.Load(c + i) * ofC;
            Vector.MaxNative(sum + Vector.Load(own + i), Vector<float>.Zero).Store(result + i);
        }
        for (; i < width; i++) result[i] = float.MaxNative(a[i] * ofA + b[i] * ofB + c[i] * ofC + own[i], 0);
    }

    /// <summary>The sum of two rows as bytes; those below zero become 0.</summary>
    /// <param name="a">A row.</param>
    /// <param name="b">Another one.</param>
    /// <param name="width">A multiple of 32.</param>
    /// <param name="steps">Steps in 1.</param>
    /// <param name="bytes">Receives as many bytes.</param>
    public static void Add(float* a, float* b, int width, float steps, byte* bytes)
    {
        for (int i = 0; i < width; i += 32)
            ByteTile.Packed(Steps(a, b, i, steps), Steps(a, b, i + 8, steps), Steps(a, b, i + 16, steps), Steps(a, b, i + 24, steps)).Store(bytes + i);
    }

    /// <summary>Numbers as bytes: the nearest of their steps, ties to the even one; beyond the ends, the ends.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="count">A multiple of 32.</param>
    /// <param name="steps">Steps in 1.</param>
    /// <param name="bytes">Receives as many bytes.</param>
    public static void Quantize(float* numbers, int count, float steps, byte* bytes)
    {
        for (int i = 0; i < count; i += 32)
        {
            float* from = numbers + i;
            ByteTile.Packed(Steps(Vector256.Load(from), steps), Steps(Vector256.Load(from + 8), steps), Steps(Vector256.Load(from + 16), steps), Steps(Vector256.Load(from + 24), steps)).Store(bytes + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Steps(float* a, float* b, int i, float steps) => Steps(Vector256.Load(a + i) + Vector256.Load(b + i), steps);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Steps(Vector256<float> numbers, float steps) => Avx.ConvertToVector256Int32(Vector256.MinNative(numbers * steps, Vector256.Create(255f)));

    /// <summary>How many neighbours a group has before those at its end that repeat the first one; at least 1.</summary>
    public static int Distinct(ReadOnlySpan<int> group) => Math.Max(1, group.LastIndexOfAnyExcept(group[0]) + 1);

    /// <summary>Refuses indices that point outside.</summary>
    /// <exception cref="InvalidOperationException">One does.</exception>
    public static void Check(ReadOnlySpan<int> indices, int rows)
    {
        int outside = indices.IndexOfAnyExceptInRange(0, rows - 1);
        if (outside >= 0) throw new InvalidOperationException($"index {indices[outside]} at {outside} is not within 0 and {rows - 1}");
    }
}
