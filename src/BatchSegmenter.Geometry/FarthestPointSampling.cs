using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Geometry;

/// <summary>Chooses samples that cover a point set: each is the point farthest from the samples before it.</summary>
public static class FarthestPointSampling
{
    /// <summary>Below this a plain pass per sample beats building the tree.</summary>
    private const int SmallestBucketed = 128;

    /// <summary>Samples a point set. Of points equally far the one with the lowest index is taken.</summary>
    /// <param name="x">x of each point.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <param name="start">The index of the first sample.</param>
    /// <param name="samples">
    /// Receives the indices in the order chosen; its length is the number of samples, at most the number of points. Once every position is
    /// taken (duplicate points), every point is at distance 0 and the lowest index repeats. A point with a coordinate that is not finite is
    /// never chosen, unless it is the start; if no point can be chosen the start repeats.
    /// </param>
    /// <exception cref="ArgumentException">The spans differ in length, or more samples than points are asked for.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The start is not the index of a point.</exception>
    /// <remarks>
    /// The points lie in the leaves of a <see cref="KdTree"/>; a sample changes only the leaves that it is nearer to than the leaf's farthest
    /// point, so most are skipped. The result is that of the plain algorithm, index for index. Scratch comes from the shared array pool.
    /// </remarks>
    public static void Sample(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, int start, Span<int> samples)
    {
        Arguments.SameLength(x, y, z);
        if (samples.Length > x.Length)
            throw new ArgumentException($"{samples.Length} samples asked of {x.Length} points.", nameof(samples));
        if (samples.IsEmpty)
            return;
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(start, x.Length);
        if (x.Length < SmallestBucketed)
            SampleScalar(x, y, z, start, samples);
        else
            SampleBucketed(x, y, z, start, samples);
    }

    internal static void SampleScalar(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, int start, Span<int> samples)
    {
        float[] minima = ArrayPool<float>.Shared.Rent(x.Length);
        for (int i = 0; i < x.Length; i++)
            minima[i] = float.IsFinite(x[i]) && float.IsFinite(y[i]) && float.IsFinite(z[i]) ? float.PositiveInfinity : -1;
        int current = samples[0] = start;
        for (int s = 1; s < samples.Length; s++)
        {
            int farthest = start;
            float largest = -1;
            for (int i = 0; i < x.Length; i++)
            {
                float d = PointPacket.SquaredDistance(x[i], y[i], z[i], x[current], y[current], z[current]);
                if (d < minima[i])
                    minima[i] = d;
                if (minima[i] > largest)
                    (largest, farthest) = (minima[i], i);
            }
            current = samples[s] = farthest;
        }
        ArrayPool<float>.Shared.Return(minima);
    }

    internal static void SampleBucketed(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, int start, Span<int> samples)
    {
        using KdTree tree = new(x, y, z);
        if (tree.Count == 0)
        {
            samples.Fill(start);
            return;
        }
        int packets = (tree.LeafCount + BoxPacket.Size - 1) / BoxPacket.Size, leaves = packets * BoxPacket.Size;
        int slots = tree.LeafCount * PointPacket.Size;
        float[] minima = ArrayPool<float>.Shared.Rent(slots), leafMaxima = ArrayPool<float>.Shared.Rent(leaves);
        int[] leafFarthest = ArrayPool<int>.Shared.Rent(leaves);
        minima.AsSpan(0, tree.Count).Fill(float.PositiveInfinity);
        minima.AsSpan(tree.Count, slots - tree.Count).Fill(-1);
        leafMaxima.AsSpan(0, tree.LeafCount).Fill(float.PositiveInfinity);
        leafMaxima.AsSpan(tree.LeafCount, leaves - tree.LeafCount).Fill(-1);
        for (int leaf = 0; leaf < tree.LeafCount; leaf++)
            leafFarthest[leaf] = tree.Indices[leaf * PointPacket.Size];

        int current = samples[0] = start;
        for (int s = 1; s < samples.Length; s++)
        {
            LowerMinima(tree, x[current], y[current], z[current], minima, leafMaxima.AsSpan(0, leaves), leafFarthest);
            current = samples[s] = LowestFarthest(leafMaxima.AsSpan(0, leaves), leafFarthest);
        }
        ArrayPool<float>.Shared.Return(minima);
        ArrayPool<float>.Shared.Return(leafMaxima);
        ArrayPool<int>.Shared.Return(leafFarthest);
    }

    /// <summary>Updates every leaf in which some point is farther from all samples than the leaf's box is from the new one.</summary>
    private static void LowerMinima(
        KdTree tree, float x, float y, float z, Span<float> minima, Span<float> leafMaxima, Span<int> leafFarthest)
    {
        ReadOnlySpan<float> xs = tree.X, ys = tree.Y, zs = tree.Z, boxes = tree.LeafBoxes;
        for (int first = 0; first < leafMaxima.Length; first += BoxPacket.Size)
        {
            ref float packet = ref MemoryMarshal.GetReference(boxes[(first / BoxPacket.Size * BoxPacket.Floats)..]);
            uint mask = BoxPacket.Nearer(ref packet, x, y, z, ref leafMaxima[first]);
            for (; mask != 0; mask &= mask - 1)
            {
                int leaf = first + BitOperations.TrailingZeroCount(mask), at = leaf * PointPacket.Size;
                leafMaxima[leaf] = PointPacket.LowerMinima(
                    ref MemoryMarshal.GetReference(xs[at..]), ref MemoryMarshal.GetReference(ys[at..]),
                    ref MemoryMarshal.GetReference(zs[at..]), x, y, z, ref minima[at], out int lane);
                leafFarthest[leaf] = tree.Indices[at + lane]; // a leaf ascends by index: its first farthest is its lowest
            }
        }
    }

    private static int LowestFarthest(ReadOnlySpan<float> leafMaxima, ReadOnlySpan<int> leafFarthest)
    {
        Vector<float> largest = new(-1f);
        int i = 0;
        for (; i <= leafMaxima.Length - Vector<float>.Count; i += Vector<float>.Count)
            largest = Vector.Max(largest, new Vector<float>(leafMaxima[i..]));
        float maximum = -1;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
            maximum = MathF.Max(maximum, largest[lane]);
        for (; i < leafMaxima.Length; i++)
            maximum = MathF.Max(maximum, leafMaxima[i]);

        int lowest = int.MaxValue;
        for (int leaf = leafMaxima.IndexOf(maximum); leaf < leafMaxima.Length;)
        {
            lowest = Math.Min(lowest, leafFarthest[leaf]);
            int next = leafMaxima[(leaf + 1)..].IndexOf(maximum);
            if (next < 0)
                break;
            leaf += 1 + next;
        }
        return lowest;
    }
}
