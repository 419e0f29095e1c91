using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchSegmenter.Geometry;

/// <summary>Squared distances from one query to sixteen consecutive points, the unit of work of every neighbour search here.</summary>
/// <remarks>
/// Always <c>(dx*dx + dy*dy) + dz*dz</c> in float32 without fused multiply-add, so the vector forms and the scalar form give the same bits
/// and every machine the same neighbours. Lane i of a vector and bit i of a mask belong to point i.
/// </remarks>
internal static class PointPacket
{
    public const int Size = 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SquaredDistance(float ax, float ay, float az, float bx, float by, float bz)
    {
        float dx = ax - bx, dy = ay - by, dz = az - bz;
        return (dx * dx + dy * dy) + dz * dz;
    }

    /// <summary>Stores sixteen squared distances and returns the mask of those at most <paramref name="limit"/>; NaN is never within.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Within(
        ref float x, ref float y, ref float z, float queryX, float queryY, float queryZ, float limit, ref float squaredDistances)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> d = Distances512(ref x, ref y, ref z, queryX, queryY, queryZ);
            d.StoreUnsafe(ref squaredDistances);
            return (uint)Vector512.LessThanOrEqual(d, Vector512.Create(limit)).ExtractMostSignificantBits();
        }
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<float> low = Distances256(ref x, ref y, ref z, queryX, queryY, queryZ);
            Vector256<float> high = Distances256(
                ref Unsafe.Add(ref x, 8), ref Unsafe.Add(ref y, 8), ref Unsafe.Add(ref z, 8), queryX, queryY, queryZ);
            low.StoreUnsafe(ref squaredDistances);
            high.StoreUnsafe(ref squaredDistances, 8);
            Vector256<float> most = Vector256.Create(limit);
            return Vector256.LessThanOrEqual(low, most).ExtractMostSignificantBits()
                | Vector256.LessThanOrEqual(high, most).ExtractMostSignificantBits() << 8;
        }
        return WithinScalar(ref x, ref y, ref z, queryX, queryY, queryZ, limit, ref squaredDistances);
    }

    public static uint WithinScalar(
        ref float x, ref float y, ref float z, float queryX, float queryY, float queryZ, float limit, ref float squaredDistances)
    {
        uint mask = 0;
        for (int i = 0; i < Size; i++)
        {
            float d = SquaredDistance(Unsafe.Add(ref x, i), Unsafe.Add(ref y, i), Unsafe.Add(ref z, i), queryX, queryY, queryZ);
            Unsafe.Add(ref squaredDistances, i) = d;
            if (d <= limit)
                mask |= 1u << i;
        }
        return mask;
    }

    /// <summary>
    /// Lowers each of sixteen running minima to the distance from the query where that is nearer, and returns the largest minimum left and
    /// the first lane that holds it. NaN distances change nothing.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LowerMinima(
        ref float x, ref float y, ref float z, float queryX, float queryY, float queryZ, ref float minima, out int farthest)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> d = Distances512(ref x, ref y, ref z, queryX, queryY, queryZ);
            Vector512<float> old = Vector512.LoadUnsafe(ref minima);
            Vector512<float> lowered = Vector512.ConditionalSelect(Vector512.LessThan(d, old), d, old);
            lowered.StoreUnsafe(ref minima);
            float largest = Largest(Vector256.MaxNative(lowered.GetLower(), lowered.GetUpper()));
            farthest = BitOperations.TrailingZeroCount(
                Vector512.Equals(lowered, Vector512.Create(largest)).ExtractMostSignificantBits());
            return largest;
        }
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<float> low = Lowered256(ref x, ref y, ref z, queryX, queryY, queryZ, ref minima);
            Vector256<float> high = Lowered256(
                ref Unsafe.Add(ref x, 8), ref Unsafe.Add(ref y, 8), ref Unsafe.Add(ref z, 8), queryX, queryY, queryZ, ref Unsafe.Add(ref minima, 8));
            farthest = BitOperations.TrailingZeroCount(Largest(low, high, out float largest));
            return largest;
        }
        return LowerMinimaScalar(ref x, ref y, ref z, queryX, queryY, queryZ, ref minima, out farthest);
    }

    public static float LowerMinimaScalar(
        ref float x, ref float y, ref float z, float queryX, float queryY, float queryZ, ref float minima, out int farthest)
    {
        float largest = float.NegativeInfinity;
        farthest = 0;
        for (int i = 0; i < Size; i++)
        {
            ref float minimum = ref Unsafe.Add(ref minima, i);
            float d = SquaredDistance(Unsafe.Add(ref x, i), Unsafe.Add(ref y, i), Unsafe.Add(ref z, i), queryX, queryY, queryZ);
            if (d < minimum)
                minimum = d;
            if (minimum > largest)
            {
                largest = minimum;
                farthest = i;
            }
        }
        return largest;
    }

    /// <summary>The largest of sixteen values, none of them NaN, and the mask of the lanes that hold it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Largest(ref float values, out float largest)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> all = Vector512.LoadUnsafe(ref values);
            largest = Largest(Vector256.MaxNative(all.GetLower(), all.GetUpper()));
            return (uint)Vector512.Equals(all, Vector512.Create(largest)).ExtractMostSignificantBits();
        }
        if (Vector256.IsHardwareAccelerated)
            return Largest(Vector256.LoadUnsafe(ref values), Vector256.LoadUnsafe(ref values, 8), out largest);
        uint mask = 0;
        largest = float.NegativeInfinity;
        for (int i = 0; i < Size; i++)
        {
            float value = Unsafe.Add(ref values, i);
            mask = value > largest ? 1u << i : value == largest ? mask | 1u << i : mask;
            largest = MathF.Max(largest, value);
        }
        return mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Distances512(ref float x, ref float y, ref float z, float queryX, float queryY, float queryZ) =>
        Distances512(ref x, ref y, ref z, Vector512.Create(queryX), Vector512.Create(queryY), Vector512.Create(queryZ));

    /// <summary>The squared distances themselves, from a query that each vector repeats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Distances512(
        ref float x, ref float y, ref float z, Vector512<float> queryX, Vector512<float> queryY, Vector512<float> queryZ)
    {
        Vector512<float> dx = Vector512.LoadUnsafe(ref x) - queryX, dy = Vector512.LoadUnsafe(ref y) - queryY, dz = Vector512.LoadUnsafe(ref z) - queryZ;
        return (dx * dx + dy * dy) + dz * dz;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Distances256(ref float x, ref float y, ref float z, float queryX, float queryY, float queryZ)
    {
        Vector256<float> dx = Vector256.LoadUnsafe(ref x) - Vector256.Create(queryX);
        Vector256<float> dy = Vector256.LoadUnsafe(ref y) - Vector256.Create(queryY);
        Vector256<float> dz = Vector256.LoadUnsafe(ref z) - Vector256.Create(queryZ);
        return (dx * dx + dy * dy) + dz * dz;
    }

    /// <summary>Eight minima, lowered in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Lowered256(ref float x, ref float y, ref float z, float queryX, float queryY, float queryZ, ref float minima)
    {
        Vector256<float> d = Distances256(ref x, ref y, ref z, queryX, queryY, queryZ), old = Vector256.LoadUnsafe(ref minima);
        Vector256<float> lowered = Vector256.ConditionalSelect(Vector256.LessThan(d, old), d, old);
        lowered.StoreUnsafe(ref minima);
        return lowered;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Largest(Vector256<float> low, Vector256<float> high, out float largest)
    {
        largest = Largest(Vector256.MaxNative(low, high));
        Vector256<float> wanted = Vector256.Create(largest);
        return Vector256.Equals(low, wanted).ExtractMostSignificantBits() | Vector256.Equals(high, wanted).ExtractMostSignificantBits() << 8;
    }

    /// <summary>The largest of sixteen values, none of them NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<float> v) => Largest(Vector256.MaxNative(v.GetLower(), v.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector256<float> v)
    {
        Vector128<float> four = Vector128.MaxNative(v.GetLower(), v.GetUpper());
        Vector128<float> two = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }
}
