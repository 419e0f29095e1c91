using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Geometry;

/// <summary>Finds the k nearest points of each query, ordered by distance and then by index.</summary>
public static class KNearestNeighbors
{
    /// <summary>Up to this many points a scan of all beats the tree.</summary>
    private const int MostScanned = 256;

    /// <summary>Searches around every query; the cheaper of a scan of all points and a <see cref="KdTree"/>.</summary>
    /// <param name="x">x of each point; one with a coordinate that is not finite, or so far that d² overflows, is not found.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <param name="queryX">x of each query.</param>
    /// <param name="queryY">y of each query.</param>
    /// <param name="queryZ">z of each query.</param>
    /// <param name="neighborCount">The neighbours per query, k; at least 1.</param>
    /// <param name="indices">Receives queries × k point indices, k after k; -1 where there are fewer than k points.</param>
    /// <param name="squaredDistances">Receives queries × k squared distances; positive infinity where there are fewer than k points.</param>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    /// <exception cref="ArgumentOutOfRangeException">k is below 1.</exception>
    public static void Search(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z,
        ReadOnlySpan<float> queryX, ReadOnlySpan<float> queryY, ReadOnlySpan<float> queryZ,
        int neighborCount, Span<int> indices, Span<float> squaredDistances)
    {
        Check(x, y, z, queryX, queryY, queryZ, neighborCount, indices, squaredDistances);
        if (x.Length <= MostScanned)
        {
            SearchScan(x, y, z, queryX, queryY, queryZ, neighborCount, indices, squaredDistances);
            return;
        }
        using KdTree tree = new(x, y, z);
        for (int q = 0; q < queryX.Length; q++)
        {
            tree.Nearest(
                queryX[q], queryY[q], queryZ[q],
                indices.Slice(q * neighborCount, neighborCount), squaredDistances.Slice(q * neighborCount, neighborCount));
        }
    }

    internal static void SearchScan(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z,
        ReadOnlySpan<float> queryX, ReadOnlySpan<float> queryY, ReadOnlySpan<float> queryZ,
        int neighborCount, Span<int> indices, Span<float> squaredDistances)
    {
        ulong[] keys = ArrayPool<ulong>.Shared.Rent(neighborCount);
        Span<float> distances = stackalloc float[PointPacket.Size];
        ref float xs = ref MemoryMarshal.GetReference(x), ys = ref MemoryMarshal.GetReference(y), zs = ref MemoryMarshal.GetReference(z);
        for (int q = 0; q < queryX.Length; q++)
        {
            NearestList nearest = new(keys.AsSpan(0, neighborCount));
            int i = 0;
            for (; i <= x.Length - PointPacket.Size; i += PointPacket.Size)
            {
                uint mask = PointPacket.Within(
                    ref Unsafe.Add(ref xs, i), ref Unsafe.Add(ref ys, i), ref Unsafe.Add(ref zs, i),
                    queryX[q], queryY[q], queryZ[q], nearest.Limit, ref MemoryMarshal.GetReference(distances));
                if (mask == 0)
                    continue;
                for (; mask != 0; mask &= mask - 1)
                {
                    int lane = BitOperations.TrailingZeroCount(mask);
                    nearest.Offer(distances[lane], i + lane);
                }
                nearest.Settle();
            }
            for (; i < x.Length; i++)
            {
                float d = PointPacket.SquaredDistance(x[i], y[i], z[i], queryX[q], queryY[q], queryZ[q]);
                if (d <= nearest.Limit)
                    nearest.Offer(d, i);
                nearest.Settle();
            }
            nearest.CopyTo(indices.Slice(q * neighborCount, neighborCount), squaredDistances.Slice(q * neighborCount, neighborCount));
        }
        ArrayPool<ulong>.Shared.Return(keys);
    }

    /// <summary>The plain algorithm: all distances of a query, sorted.</summary>
    internal static void SearchScalar(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z,
        ReadOnlySpan<float> queryX, ReadOnlySpan<float> queryY, ReadOnlySpan<float> queryZ,
        int neighborCount, Span<int> indices, Span<float> squaredDistances)
    {
        Check(x, y, z, queryX, queryY, queryZ, neighborCount, indices, squaredDistances);
        indices.Fill(-1);
        squaredDistances.Fill(float.PositiveInfinity);
        List<(float, int)> all = [];
        for (int q = 0; q < queryX.Length; q++)
        {
            all.Clear();
            for (int i = 0; i < x.Length; i++)
            {
                float d = PointPacket.SquaredDistance(x[i], y[i], z[i], queryX[q], queryY[q], queryZ[q]);
                if (float.IsFinite(d))
                    all.Add((d, i));
            }
            all.Sort();
            for (int n = 0; n < Math.Min(neighborCount, all.Count); n++)
                (squaredDistances[q * neighborCount + n], indices[q * neighborCount + n]) = all[n];
        }
    }

    private static void Check(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z,
        ReadOnlySpan<float> queryX, ReadOnlySpan<float> queryY, ReadOnlySpan<float> queryZ,
        int neighborCount, Span<int> indices, Span<float> squaredDistances)
    {
        Arguments.SameLength(x, y, z);
        Arguments.SameLength(queryX, queryY, queryZ);
        ArgumentOutOfRangeException.ThrowIfLessThan(neighborCount, 1);
        Arguments.Length(indices.Length, (long)queryX.Length * neighborCount, nameof(indices));
        Arguments.Length(squaredDistances.Length, (long)queryX.Length * neighborCount, nameof(squaredDistances));
    }
}
