using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchSegmenter.Geometry;

/// <summary>Finds the first points within a radius of each query, in index order, as PointNet++ groups them.</summary>
public static class BallQuery
{
    /// <summary>Up to this many points a scan in index order beats the tree; more where hits are packed.</summary>
    private static int MostScanned => Avx512F.IsSupported ? 6144 : 512;

    /// <summary>Up to this many neighbours are packed; the hits of a query stand on the stack.</summary>
    private const int MostPacked = 128;

    /// <summary>The points of larger sets that are scanned to learn how crowded a query is.</summary>
    private const int Prefix = 256;

    /// <summary>Searches around every query.</summary>
    /// <param name="x">x of each point; finite.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <param name="queryX">x of each query.</param>
    /// <param name="queryY">y of each query.</param>
    /// <param name="queryZ">z of each query.</param>
    /// <param name="radius">The radius, in the unit of the coordinates; at least 0. A point is within where d² &lt;= r² in float32.</param>
    /// <param name="neighborCount">The neighbours per query, k; at least 1.</param>
    /// <param name="neighbors">
    /// Receives queries × k point indices, k after k: the k lowest indices within the radius, ascending; if there are fewer, the first of them
    /// fills the rest. A query without any is filled with the index of the nearest point (the lowest of equally near ones), or with 0 if a
    /// coordinate of the query is not finite.
    /// </param>
    /// <param name="exclusive">Whether a point at exactly the radius (d² = r²) is not within.</param>
    /// <param name="tree">The tree of these very points, where there is one already.</param>
    /// <exception cref="ArgumentException">The spans do not fit together, or there are queries but no points.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The radius is negative or not a number, or k is below 1.</exception>
    /// <remarks>
    /// Small sets, and crowded queries of large ones, are answered by a scan in index order that stops at k hits; for the others a <see cref="KdTree"/> finds the hits and a
    /// set of bits puts them in order. Scratch comes from the shared array pool.
    /// </remarks>
    public static void Search(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z,
        ReadOnlySpan<float> queryX, ReadOnlySpan<float> queryY, ReadOnlySpan<float> queryZ,
        float radius, int neighborCount, Span<int> neighbors, bool exclusive = false, KdTree? tree = null)
    {
        Check(x, y, z, queryX, queryY, queryZ, radius, neighborCount, neighbors);
        if (queryX.IsEmpty)
            return;
        float squaredRadius = MathF.Min(radius * radius, float.MaxValue);
        if (exclusive) squaredRadius = MathF.BitDecrement(squaredRadius);
        if (x.Length <= MostScanned)
        {
            SearchScan(x, y, z, queryX, queryY, queryZ, squaredRadius, neighborCount, neighbors);
            return;
        }
        using KdTree? built = tree is null ? new(x, y, z) : null;
        tree ??= built!;
        using IndexSet hits = new(x.Length);
        Span<int> nearest = stackalloc int[1];
        Span<float> distance = stackalloc float[1];
        for (int q = 0; q < queryX.Length; q++)
        {
            Span<int> found = neighbors.Slice(q * neighborCount, neighborCount);
            int count = ScanInOrder(x, y, z, 0, Prefix, queryX[q], queryY[q], queryZ[q], squaredRadius, found, 0);
            if (count < found.Length)
            {
                // As many hits in the rest as in the prefix would end the scan early; a sparse neighbourhood is the tree's case.
                if ((long)count * 8 >= found.Length)
                {
                    count = ScanInOrder(x, y, z, Prefix, x.Length, queryX[q], queryY[q], queryZ[q], squaredRadius, found, count);
                }
                else
                {
                    tree.Within(queryX[q], queryY[q], queryZ[q], squaredRadius, hits);
                    count = hits.Take(found);
                }
            }
            if (count == 0)
            {
                tree.Nearest(queryX[q], queryY[q], queryZ[q], nearest, distance);
                found[0] = Math.Max(0, nearest[0]);
                count = 1;
            }
            found[count..].Fill(found[0]);
        }
    }

    private static void SearchScan(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z,
        ReadOnlySpan<float> queryX, ReadOnlySpan<float> queryY, ReadOnlySpan<float> queryZ,
        float squaredRadius, int neighborCount, Span<int> neighbors)
    {
        Span<int> nearest = stackalloc int[1];
        Span<float> distance = stackalloc float[1];
        for (int q = 0; q < queryX.Length; q++)
        {
            Span<int> found = neighbors.Slice(q * neighborCount, neighborCount);
            int count = ScanInOrder(x, y, z, 0, x.Length, queryX[q], queryY[q], queryZ[q], squaredRadius, found, 0);
            if (count == 0)
            {
                KNearestNeighbors.SearchScan(
                    x, y, z, queryX.Slice(q, 1), queryY.Slice(q, 1), queryZ.Slice(q, 1), 1, nearest, distance);
                found[0] = Math.Max(0, nearest[0]);
                count = 1;
            }
            found[count..].Fill(found[0]);
        }
    }

    internal static void SearchScalar(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z,
        ReadOnlySpan<float> queryX, ReadOnlySpan<float> queryY, ReadOnlySpan<float> queryZ,
        float radius, int neighborCount, Span<int> neighbors)
    {
        Check(x, y, z, queryX, queryY, queryZ, radius, neighborCount, neighbors);
        float squaredRadius = MathF.Min(radius * radius, float.MaxValue);
        for (int q = 0; q < queryX.Length; q++)
        {
            Span<int> found = neighbors.Slice(q * neighborCount, neighborCount);
            int count = 0, nearest = 0;
            float smallest = float.PositiveInfinity;
            for (int i = 0; i < x.Length && count < neighborCount; i++)
            {
                float d = PointPacket.SquaredDistance(x[i], y[i], z[i], queryX[q], queryY[q], queryZ[q]);
                if (d <= squaredRadius)
                    found[count++] = i;
                if (d < smallest)
                    (smallest, nearest) = (d, i);
            }
            if (count == 0)
                found[count++] = nearest;
            found[count..].Fill(found[0]);
        }
    }

    /// <summary>Appends hits between two indices until the output is full; returns how many it then holds.</summary>
    private static int ScanInOrder(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, int from, int to,
        float queryX, float queryY, float queryZ, float squaredRadius, Span<int> found, int count)
    {
        if (Avx512F.IsSupported && found.Length <= MostPacked)
            return ScanPacked(x, y, z, from, to, queryX, queryY, queryZ, squaredRadius, found, count);
        Span<float> distances = stackalloc float[PointPacket.Size];
        ref float xs = ref MemoryMarshal.GetReference(x), ys = ref MemoryMarshal.GetReference(y), zs = ref MemoryMarshal.GetReference(z);
        int i = from;
        for (; i <= to - PointPacket.Size; i += PointPacket.Size)
        {
            uint mask = PointPacket.Within(
                ref Add(ref xs, i), ref Add(ref ys, i), ref Add(ref zs, i), queryX, queryY, queryZ, squaredRadius,
                ref MemoryMarshal.GetReference(distances));
            for (; mask != 0; mask &= mask - 1)
            {
                found[count++] = i + BitOperations.TrailingZeroCount(mask);
                if (count == found.Length)
                    return count;
            }
        }
        for (; i < to && count < found.Length; i++)
        {
            if (PointPacket.SquaredDistance(x[i], y[i], z[i], queryX, queryY, queryZ) <= squaredRadius)
                found[count++] = i;
        }
        return count;

        static ref float Add(ref float first, int i) => ref System.Runtime.CompilerServices.Unsafe.Add(ref first, i);
    }

    /// <summary>
    /// As <see cref="ScanInOrder"/>: the indices of sixteen points are packed to those of the hits by one instruction and stored behind the hits before, so that
    /// nothing depends on which points are hits and the processor has no branch to guess.
    /// </summary>
    private static int ScanPacked(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, int from, int to,
        float queryX, float queryY, float queryZ, float squaredRadius, Span<int> found, int count)
    {
        Span<int> hits = stackalloc int[MostPacked + PointPacket.Size];
        ref int first = ref MemoryMarshal.GetReference(hits);
        ref float xs = ref MemoryMarshal.GetReference(x), ys = ref MemoryMarshal.GetReference(y), zs = ref MemoryMarshal.GetReference(z);
        Vector512<float> atX = Vector512.Create(queryX), atY = Vector512.Create(queryY), atZ = Vector512.Create(queryZ), limit = Vector512.Create(squaredRadius);
        Vector512<int> indices = Vector512<int>.Indices + Vector512.Create(from);
        int room = found.Length - count, packed = 0, i = from;
        for (; i <= to - PointPacket.Size && packed < room; i += PointPacket.Size)
        {
            Vector512<float> d = PointPacket.Distances512(ref Unsafe.Add(ref xs, i), ref Unsafe.Add(ref ys, i), ref Unsafe.Add(ref zs, i), atX, atY, atZ);
            Vector512<float> within = Vector512.LessThanOrEqual(d, limit);
            Avx512F.Compress(Vector512<int>.Zero, within.AsInt32(), indices).StoreUnsafe(ref first, (nuint)packed);
            packed += BitOperations.PopCount(within.ExtractMostSignificantBits());
            indices += Vector512.Create(PointPacket.Size);
        }
        for (; i < to && packed < room; i++)
        {
            if (PointPacket.SquaredDistance(x[i], y[i], z[i], queryX, queryY, queryZ) <= squaredRadius)
                hits[packed++] = i;
        }
        packed = Math.Min(packed, room);
        hits[..packed].CopyTo(found[count..]);
        return count + packed;
    }

    private static void Check(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z,
        ReadOnlySpan<float> queryX, ReadOnlySpan<float> queryY, ReadOnlySpan<float> queryZ,
        float radius, int neighborCount, Span<int> neighbors)
    {
        Arguments.SameLength(x, y, z);
        Arguments.SameLength(queryX, queryY, queryZ);
        ArgumentOutOfRangeException.ThrowIfLessThan(neighborCount, 1);
        if (!(radius >= 0))
            throw new ArgumentOutOfRangeException(nameof(radius), radius, "The radius must be at least 0.");
        Arguments.Length(neighbors.Length, (long)queryX.Length * neighborCount, nameof(neighbors));
        if (x.IsEmpty && !queryX.IsEmpty)
            throw new ArgumentException($"{queryX.Length} queries of no points.", nameof(x));
    }
}
