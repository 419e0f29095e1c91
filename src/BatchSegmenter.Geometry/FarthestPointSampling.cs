using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
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
    /// <param name="tree">The tree of these very points, where there is one already.</param>
    /// <exception cref="ArgumentException">The spans differ in length, or more samples than points are asked for.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The start is not the index of a point.</exception>
    /// <remarks>
    /// The points lie in the leaves of a <see cref="KdTree"/>; a sample changes only the nodes that it is nearer to than the node's farthest
    /// point is to the samples before, so most are skipped. The result is that of the plain algorithm, index for index. Scratch comes from the shared array pool.
    /// </remarks>
    public static void Sample(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, int start, Span<int> samples, KdTree? tree = null)
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
        else if (tree is not null)
            SampleBucketed(tree, x, y, z, start, samples);
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
        SampleBucketed(tree, x, y, z, start, samples);
    }

    private static void SampleBucketed(KdTree tree, ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, int start, Span<int> samples)
    {
        if (tree.Count == 0)
        {
            samples.Fill(start);
            return;
        }
        using Buckets buckets = new(tree);
        int current = samples[0] = start;
        for (int s = 1; s < samples.Length; s++)
            current = samples[s] = buckets.LowerMinima(x[current], y[current], z[current]);
    }

    /// <summary>Each point's distance to the samples so far, and the farthest point of every leaf and node of the tree.</summary>
    private sealed class Buckets : IDisposable
    {
        private readonly KdTree _tree;
        private readonly float[] _minima;     // of each point, leaf by leaf; -1 in padding
        private readonly float[][] _maxima;   // per level and box, the largest minimum inside; -1 in padding
        private readonly int[][] _farthest;   // per level and box, the lowest original index that has it

        public Buckets(KdTree tree)
        {
            _tree = tree;
            int size = tree.LeafCount * PointPacket.Size;
            _minima = ArrayPool<float>.Shared.Rent(size);
            _minima.AsSpan(0, tree.Count).Fill(float.PositiveInfinity);
            _minima.AsSpan(tree.Count, size - tree.Count).Fill(-1);
            _maxima = new float[tree.Levels][];
            _farthest = new int[tree.Levels][];
            ReadOnlySpan<int> below = tree.Indices[..size];
            for (int level = 0; level < tree.Levels; level++)
            {
                int boxes = (size + BoxPacket.Size - 1) / BoxPacket.Size;
                size = (boxes + BoxPacket.Size - 1) / BoxPacket.Size * BoxPacket.Size;
                _maxima[level] = ArrayPool<float>.Shared.Rent(size);
                _farthest[level] = ArrayPool<int>.Shared.Rent(size);
                _maxima[level].AsSpan(0, boxes).Fill(float.PositiveInfinity);
                _maxima[level].AsSpan(boxes, size - boxes).Fill(-1);
                _farthest[level].AsSpan(boxes, size - boxes).Fill(int.MaxValue);
                for (int box = 0; box < boxes; box++)
                    _farthest[level][box] = Lowest(below.Slice(box * BoxPacket.Size, BoxPacket.Size));
                below = _farthest[level].AsSpan(0, size);
            }
        }

        /// <summary>Lowers the minima by a new sample and returns the index of the farthest point.</summary>
        public int LowerMinima(float x, float y, float z) => Visit(_tree.Levels - 1, 0, x, y, z).Index;

        public void Dispose()
        {
            ArrayPool<float>.Shared.Return(_minima);
            foreach (float[] level in _maxima)
                ArrayPool<float>.Shared.Return(level);
            foreach (int[] level in _farthest)
                ArrayPool<int>.Shared.Return(level);
        }

        /// <summary>Updates the children in which some point is farther from all samples than the child's box is from the new one.</summary>
        private (float Maximum, int Index) Visit(int level, int packet, float x, float y, float z)
        {
            ref float maxima = ref _maxima[level][packet * BoxPacket.Size];
            ref int farthest = ref _farthest[level][packet * BoxPacket.Size];
            uint mask = BoxPacket.Nearer(ref _tree.Box(level, packet), x, y, z, ref maxima);
            for (; mask != 0; mask &= mask - 1)
            {
                int lane = BitOperations.TrailingZeroCount(mask), child = packet * BoxPacket.Size + lane;
                (Unsafe.Add(ref maxima, lane), Unsafe.Add(ref farthest, lane)) =
                    level > 0 ? Visit(level - 1, child, x, y, z) : UpdateLeaf(child, x, y, z);
            }
            mask = PointPacket.Largest(ref maxima, out float maximum);
            int lowest = int.MaxValue;
            for (; mask != 0; mask &= mask - 1)
                lowest = Math.Min(lowest, Unsafe.Add(ref farthest, BitOperations.TrailingZeroCount(mask)));
            return (maximum, lowest);
        }

        private (float Maximum, int Index) UpdateLeaf(int leaf, float x, float y, float z)
        {
            int at = leaf * PointPacket.Size;
            float maximum = PointPacket.LowerMinima(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(_tree.X), at), ref Unsafe.Add(ref MemoryMarshal.GetReference(_tree.Y), at),
                ref Unsafe.Add(ref MemoryMarshal.GetReference(_tree.Z), at), x, y, z, ref _minima[at], out int lane);
            return (maximum, _tree.Indices[at + lane]); // a leaf ascends by index: its first farthest is its lowest
        }

        private static int Lowest(ReadOnlySpan<int> indices)
        {
            int lowest = int.MaxValue;
            foreach (int index in indices)
                lowest = index >= 0 && index < lowest ? index : lowest; // -1 is padding
            return lowest;
        }
    }
}
