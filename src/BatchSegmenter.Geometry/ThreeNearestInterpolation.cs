using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchSegmenter.Geometry;

/// <summary>Weights that carry features of coarse points to fine points: inverse (squared) distance to the three nearest, as in PointNet++ and its kin.</summary>
public static class ThreeNearestInterpolation
{
    private const int Lanes = 16;

    /// <summary>Without leaves, up to this many coarse points it pays to measure them all, sixteen fine points at a time.</summary>
    private const int MostScanned = 2048;

    /// <summary>Finds the three nearest coarse points of every fine point and their weights.</summary>
    /// <param name="coarseX">x of each coarse point; finite.</param>
    /// <param name="coarseY">y of each coarse point.</param>
    /// <param name="coarseZ">z of each coarse point.</param>
    /// <param name="fineX">x of each fine point; finite.</param>
    /// <param name="fineY">y of each fine point.</param>
    /// <param name="fineZ">z of each fine point.</param>
    /// <param name="nearest">
    /// Receives fine × 3 indices of coarse points, by distance and then by index. With fewer than three coarse points the nearest one fills the
    /// rest, with weight 0.
    /// </param>
    /// <param name="weights">Receives fine × 3 weights: 1 / (d² + 1e-8), or 1 / (d + 1e-8), divided by their sum.</param>
    /// <param name="squared">Whether it is the squared distance that counts, as in PointNet++, or the distance, as in PointNeXt.</param>
    /// <param name="coarseTree">The tree of the coarse points, where there is one already.</param>
    /// <param name="fineTree">The tree of the fine points, likewise.</param>
    /// <exception cref="ArgumentException">The spans do not fit together, or there are fine points but no coarse ones.</exception>
    public static void Weights(
        ReadOnlySpan<float> coarseX, ReadOnlySpan<float> coarseY, ReadOnlySpan<float> coarseZ,
        ReadOnlySpan<float> fineX, ReadOnlySpan<float> fineY, ReadOnlySpan<float> fineZ,
        Span<int> nearest, Span<float> weights, bool squared = true, KdTree? coarseTree = null, KdTree? fineTree = null)
    {
        Check(coarseX, fineX, nearest, weights);
        Arguments.SameLength(coarseX, coarseY, coarseZ);
        Arguments.SameLength(fineX, fineY, fineZ);
        if (!ThreeNearestByLeaves.TrySearch(coarseX, coarseY, coarseZ, fineX, fineY, fineZ, nearest, weights, coarseTree, fineTree))
        {
            if (Vector256.IsHardwareAccelerated && coarseX.Length <= MostScanned && fineX.Length >= Lanes)
                SearchLanes(coarseX, coarseY, coarseZ, fineX, fineY, fineZ, nearest, weights);
            else
                KNearestNeighbors.Search(coarseX, coarseY, coarseZ, fineX, fineY, fineZ, 3, nearest, weights);
        }
        if (!squared)
            foreach (ref float distance in weights) distance = MathF.Sqrt(distance);
        Normalize(nearest, weights);
    }

    internal static void WeightsScalar(
        ReadOnlySpan<float> coarseX, ReadOnlySpan<float> coarseY, ReadOnlySpan<float> coarseZ,
        ReadOnlySpan<float> fineX, ReadOnlySpan<float> fineY, ReadOnlySpan<float> fineZ,
        Span<int> nearest, Span<float> weights)
    {
        Check(coarseX, fineX, nearest, weights);
        KNearestNeighbors.SearchScalar(coarseX, coarseY, coarseZ, fineX, fineY, fineZ, 3, nearest, weights);
        Normalize(nearest, weights);
    }

    /// <summary>
    /// The three nearest of sixteen fine points at once: lane i belongs to fine point i, and every coarse point in turn enters the three sorted
    /// places of each lane by comparisons and selections only. Coarse points come by ascending index, so strictly nearer keeps ties in order.
    /// </summary>
    private static void SearchLanes(
        ReadOnlySpan<float> coarseX, ReadOnlySpan<float> coarseY, ReadOnlySpan<float> coarseZ,
        ReadOnlySpan<float> fineX, ReadOnlySpan<float> fineY, ReadOnlySpan<float> fineZ,
        Span<int> nearest, Span<float> squaredDistances)
    {
        Span<float> distances = stackalloc float[3 * Lanes];
        Span<int> indices = stackalloc int[3 * Lanes];
        ref float cx = ref MemoryMarshal.GetReference(coarseX), cy = ref MemoryMarshal.GetReference(coarseY);
        ref float cz = ref MemoryMarshal.GetReference(coarseZ);
        for (int start = 0; start < fineX.Length; start += Lanes)
        {
            int first = Math.Min(start, fineX.Length - Lanes); // the last sixteen overlap those before
            Vector512<float> x = Vector512.Create(fineX[first..]), y = Vector512.Create(fineY[first..]), z = Vector512.Create(fineZ[first..]);
            Vector512<float> d0 = Vector512.Create(float.PositiveInfinity), d1 = d0, d2 = d0;
            Vector512<float> i0 = Vector512<int>.AllBitsSet.AsSingle(), i1 = i0, i2 = i0;
            for (int c = 0; c < coarseX.Length; c++)
            {
                Vector512<float> dx = x - Vector512.Create(Unsafe.Add(ref cx, c)), dy = y - Vector512.Create(Unsafe.Add(ref cy, c));
                Vector512<float> dz = z - Vector512.Create(Unsafe.Add(ref cz, c));
                Vector512<float> d = (dx * dx + dy * dy) + dz * dz, index = Vector512.Create(c).AsSingle();
                if (!Vector512.LessThanAny(d, d2))
                    continue; // most coarse points, once near ones have been met
                Vector512<float> before0 = Vector512.LessThan(d, d0), before1 = Vector512.LessThan(d, d1), before2 = Vector512.LessThan(d, d2);
                d2 = Vector512.ConditionalSelect(before1, d1, Vector512.ConditionalSelect(before2, d, d2));
                i2 = Vector512.ConditionalSelect(before1, i1, Vector512.ConditionalSelect(before2, index, i2));
                d1 = Vector512.ConditionalSelect(before0, d0, Vector512.ConditionalSelect(before1, d, d1));
                i1 = Vector512.ConditionalSelect(before0, i0, Vector512.ConditionalSelect(before1, index, i1));
                d0 = Vector512.ConditionalSelect(before0, d, d0);
                i0 = Vector512.ConditionalSelect(before0, index, i0);
            }
            d0.CopyTo(distances);
            d1.CopyTo(distances[Lanes..]);
            d2.CopyTo(distances[(2 * Lanes)..]);
            i0.AsInt32().CopyTo(indices);
            i1.AsInt32().CopyTo(indices[Lanes..]);
            i2.AsInt32().CopyTo(indices[(2 * Lanes)..]);
            for (int lane = 0; lane < Lanes; lane++)
            {
                for (int place = 0; place < 3; place++)
                {
                    nearest[3 * (first + lane) + place] = indices[place * Lanes + lane];
                    squaredDistances[3 * (first + lane) + place] = distances[place * Lanes + lane];
                }
            }
        }
    }

    /// <summary>Turns squared distances into weights. A distance that overflowed counts nothing unless all did.</summary>
    private static void Normalize(Span<int> nearest, Span<float> weights)
    {
        for (int i = 0; i < nearest.Length; i += 3)
        {
            Span<float> w = weights.Slice(i, 3);
            float a = 1 / (w[0] + 1e-8f), b = 1 / (w[1] + 1e-8f), c = 1 / (w[2] + 1e-8f);
            float sum = (a + b) + c;
            if (sum > 0)
                (w[0], w[1], w[2]) = (a / sum, b / sum, c / sum);
            else
                (w[0], w[1], w[2]) = (1, 0, 0);
            int first = Math.Max(0, nearest[i]);
            for (int n = 0; n < 3; n++)
                nearest[i + n] = nearest[i + n] < 0 ? first : nearest[i + n];
        }
    }

    private static void Check(ReadOnlySpan<float> coarse, ReadOnlySpan<float> fine, Span<int> nearest, Span<float> weights)
    {
        if (coarse.IsEmpty && !fine.IsEmpty)
            throw new ArgumentException($"{fine.Length} fine points but no coarse ones.", nameof(coarse));
        Arguments.Length(nearest.Length, 3L * fine.Length, nameof(nearest));
        Arguments.Length(weights.Length, 3L * fine.Length, nameof(weights));
    }
}
