using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BatchSegmenter.Geometry;

/// <summary>Sixteen boxes side by side: sixteen smallest x, then largest x, smallest y, largest y, smallest z, largest z (96 floats).</summary>
/// <remarks>
/// The squared distance to a box is evaluated in the same order as a point's. Rounding is monotone, so it never exceeds the computed distance
/// to a point inside: pruning with it changes no result, not even a tie.
/// </remarks>
internal static class BoxPacket
{
    public const int Size = 16;
    public const int Floats = 6 * Size;

    /// <summary>Stores the sixteen squared distances to the boxes and returns the mask of those at most <paramref name="limit"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Within(ref float boxes, float x, float y, float z, float limit, ref float squaredDistances)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> d = Distances512(ref boxes, x, y, z);
            d.StoreUnsafe(ref squaredDistances);
            return (uint)Vector512.LessThanOrEqual(d, Vector512.Create(limit)).ExtractMostSignificantBits();
        }
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<float> low = Distances256(ref boxes, x, y, z), high = Distances256(ref Unsafe.Add(ref boxes, 8), x, y, z);
            low.StoreUnsafe(ref squaredDistances);
            high.StoreUnsafe(ref squaredDistances, 8);
            Vector256<float> most = Vector256.Create(limit);
            return Vector256.LessThanOrEqual(low, most).ExtractMostSignificantBits()
                | Vector256.LessThanOrEqual(high, most).ExtractMostSignificantBits() << 8;
        }
        uint mask = 0;
        for (int i = 0; i < Size; i++)
        {
            float d = DistanceScalar(ref Unsafe.Add(ref boxes, i), x, y, z);
            Unsafe.Add(ref squaredDistances, i) = d;
            if (d <= limit)
                mask |= 1u << i;
        }
        return mask;
    }

    /// <summary>The lane of the smallest distance, which infinity then replaces; any lane if all are infinite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TakeNearest(ref float distances, out float nearest)
    {
        int lane = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> all = Vector512.LoadUnsafe(ref distances);
            nearest = Smallest(Vector256.MinNative(all.GetLower(), all.GetUpper()));
            lane = BitOperations.TrailingZeroCount(Vector512.Equals(all, Vector512.Create(nearest)).ExtractMostSignificantBits());
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Vector256<float> low = Vector256.LoadUnsafe(ref distances), high = Vector256.LoadUnsafe(ref distances, 8);
            nearest = Smallest(Vector256.MinNative(low, high));
            Vector256<float> wanted = Vector256.Create(nearest);
            lane = BitOperations.TrailingZeroCount(
                Vector256.Equals(low, wanted).ExtractMostSignificantBits() | Vector256.Equals(high, wanted).ExtractMostSignificantBits() << 8);
        }
        else
        {
            nearest = distances;
            for (int i = 1; i < Size; i++)
            {
                if (Unsafe.Add(ref distances, i) < nearest)
                    (nearest, lane) = (Unsafe.Add(ref distances, i), i);
            }
        }
        Unsafe.Add(ref distances, lane) = float.PositiveInfinity;
        return lane;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static float Smallest(Vector256<float> eight)
        {
            Vector128<float> four = Vector128.MinNative(eight.GetLower(), eight.GetUpper());
            Vector128<float> two = Vector128.MinNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
            return Vector128.MinNative(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).ToScalar();
        }
    }

    /// <summary>The mask of the boxes nearer than their own limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Nearer(ref float boxes, float x, float y, float z, ref float limits)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return (uint)Vector512.LessThan(Distances512(ref boxes, x, y, z), Vector512.LoadUnsafe(ref limits)).ExtractMostSignificantBits();
        }
        if (Vector256.IsHardwareAccelerated)
        {
            return Vector256.LessThan(Distances256(ref boxes, x, y, z), Vector256.LoadUnsafe(ref limits)).ExtractMostSignificantBits()
                | Vector256.LessThan(Distances256(ref Unsafe.Add(ref boxes, 8), x, y, z), Vector256.LoadUnsafe(ref limits, 8))
                    .ExtractMostSignificantBits() << 8;
        }
        uint mask = 0;
        for (int i = 0; i < Size; i++)
        {
            if (DistanceScalar(ref Unsafe.Add(ref boxes, i), x, y, z) < Unsafe.Add(ref limits, i))
                mask |= 1u << i;
        }
        return mask;
    }

    /// <summary>The sixteen squared distances from one box to the boxes; never more than the computed distance between a point in either.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Between512(ref float boxes, ref float box)
    {
        Vector512<float> dx = Apart(ref boxes, ref box);
        Vector512<float> dy = Apart(ref Unsafe.Add(ref boxes, 2 * Size), ref Unsafe.Add(ref box, 2 * Size));
        Vector512<float> dz = Apart(ref Unsafe.Add(ref boxes, 4 * Size), ref Unsafe.Add(ref box, 4 * Size));
        return (dx * dx + dy * dy) + dz * dz;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<float> Apart(ref float smallest, ref float own) => Vector512.MaxNative(
            Vector512.MaxNative(
                Vector512.LoadUnsafe(ref smallest) - Vector512.Create(Unsafe.Add(ref own, Size)), Vector512.Create(own) - Vector512.LoadUnsafe(ref smallest, Size)),
            Vector512<float>.Zero);
    }

    /// <summary>The squared distance to the one box that starts at <paramref name="box"/>; 0 inside.</summary>
    public static float DistanceScalar(ref float box, float x, float y, float z)
    {
        float dx = Outside(ref box, x), dy = Outside(ref Unsafe.Add(ref box, 2 * Size), y), dz = Outside(ref Unsafe.Add(ref box, 4 * Size), z);
        return (dx * dx + dy * dy) + dz * dz;

        static float Outside(ref float smallest, float q) => MathF.Max(MathF.Max(smallest - q, q - Unsafe.Add(ref smallest, Size)), 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Distances512(ref float boxes, float x, float y, float z)
    {
        Vector512<float> dx = Outside(ref boxes, Vector512.Create(x));
        Vector512<float> dy = Outside(ref Unsafe.Add(ref boxes, 2 * Size), Vector512.Create(y));
        Vector512<float> dz = Outside(ref Unsafe.Add(ref boxes, 4 * Size), Vector512.Create(z));
        return (dx * dx + dy * dy) + dz * dz;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<float> Outside(ref float smallest, Vector512<float> q) => Vector512.MaxNative(
            Vector512.MaxNative(Vector512.LoadUnsafe(ref smallest) - q, q - Vector512.LoadUnsafe(ref smallest, Size)), Vector512<float>.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Distances256(ref float boxes, float x, float y, float z)
    {
        Vector256<float> dx = Outside(ref boxes, Vector256.Create(x));
        Vector256<float> dy = Outside(ref Unsafe.Add(ref boxes, 2 * Size), Vector256.Create(y));
        Vector256<float> dz = Outside(ref Unsafe.Add(ref boxes, 4 * Size), Vector256.Create(z));
        return (dx * dx + dy * dy) + dz * dz;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<float> Outside(ref float smallest, Vector256<float> q) => Vector256.MaxNative(
            Vector256.MaxNative(Vector256.LoadUnsafe(ref smallest) - q, q - Vector256.LoadUnsafe(ref smallest, Size)), Vector256<float>.Zero);
    }
}
