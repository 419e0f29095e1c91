using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchSegmenter.Geometry;

/// <summary>
/// The three nearest coarse points of fine points, a leaf of sixteen fine points at a time: lane i belongs to fine point i, and only the coarse leaves whose box is
/// no farther than some lane's third nearest are measured. For processors with vectors of 512 bits, or of 256, of which .NET then takes two.
/// </summary>
internal static class ThreeNearestByLeaves
{
    private const int Lanes = PointPacket.Size;

    /// <summary>Below this a scan of all beats building the trees.</summary>
    private const int FewestCoarse = 128;

    /// <summary>Up to this many the boxes of all coarse leaves are worth a look for every fine leaf.</summary>
    private const int MostCoarse = 16384;

    /// <summary>Finds what <see cref="ThreeNearestInterpolation"/> asks for, by distance and then by index.</summary>
    /// <param name="coarseX">x of each coarse point.</param>
    /// <param name="coarseY">y of each coarse point.</param>
    /// <param name="coarseZ">z of each coarse point.</param>
    /// <param name="fineX">x of each fine point.</param>
    /// <param name="fineY">y of each fine point.</param>
    /// <param name="fineZ">z of each fine point.</param>
    /// <param name="nearest">Receives fine × 3 indices, -1 where no distance is finite.</param>
    /// <param name="squaredDistances">Receives fine × 3 squared distances, infinite where there are no more.</param>
    /// <param name="coarseTree">The tree of the coarse points, where there is one already.</param>
    /// <param name="fineTree">The tree of the fine points, likewise.</param>
    /// <returns>Whether this is the way for so many points, all of them finite; otherwise nothing is written.</returns>
    public static bool TrySearch(
        ReadOnlySpan<float> coarseX, ReadOnlySpan<float> coarseY, ReadOnlySpan<float> coarseZ,
        ReadOnlySpan<float> fineX, ReadOnlySpan<float> fineY, ReadOnlySpan<float> fineZ,
        Span<int> nearest, Span<float> squaredDistances, KdTree? coarseTree, KdTree? fineTree)
    {
        if (!Vector256.IsHardwareAccelerated || coarseX.Length is < FewestCoarse or > MostCoarse || fineX.Length < FewestCoarse)
            return false;
        using KdTree? coarseBuilt = coarseTree is null ? new(coarseX, coarseY, coarseZ) : null, fineBuilt = fineTree is null ? new(fineX, fineY, fineZ) : null;
        (KdTree coarse, KdTree fine) = (coarseTree ?? coarseBuilt!, fineTree ?? fineBuilt!);
        if (coarse.Count < coarseX.Length || fine.Count < fineX.Length)
            return false;
        Search(coarse, fine, nearest, squaredDistances);
        return true;
    }

    private static void Search(KdTree coarse, KdTree fine, Span<int> nearest, Span<float> squaredDistances)
    {
        int packets = (coarse.LeafCount + BoxPacket.Size - 1) / BoxPacket.Size;
        Span<float> apart = stackalloc float[packets * BoxPacket.Size];
        ref float toBoxes = ref MemoryMarshal.GetReference(apart);
        ref float cx = ref MemoryMarshal.GetReference(coarse.X), cy = ref MemoryMarshal.GetReference(coarse.Y);
        ref float cz = ref MemoryMarshal.GetReference(coarse.Z);
        ref int indices = ref MemoryMarshal.GetReference(coarse.Indices);
        Vector512<float> infinity = Vector512.Create(float.PositiveInfinity);
        for (int leaf = 0; leaf < fine.LeafCount; leaf++)
        {
            int at = leaf * Lanes;
            Vector512<float> x = Points(fine.X, at), y = Points(fine.Y, at), z = Points(fine.Z, at);
            Vector512<float> d0 = infinity, d1 = d0, d2 = d0;
            Vector512<int> i0 = Vector512<int>.AllBitsSet, i1 = i0, i2 = i0;
            int visited = Measure(coarse, packets, ref Unsafe.Add(ref fine.Box(0, leaf / BoxPacket.Size), leaf % BoxPacket.Size), ref toBoxes);
            int packet = 0;
            uint mask = 0;
            while (visited >= 0)
            {
                for (int slot = visited * Lanes; slot < (visited + 1) * Lanes; slot++)
                {
                    Vector512<float> dx = x - Vector512.Create(Unsafe.Add(ref cx, slot)), dy = y - Vector512.Create(Unsafe.Add(ref cy, slot));
                    Vector512<float> dz = z - Vector512.Create(Unsafe.Add(ref cz, slot));
                    Vector512<float> d = (dx * dx + dy * dy) + dz * dz;
                    if (!Vector512.LessThanOrEqualAny(d, d2))
                        continue;
                    Vector512<int> index = Vector512.Create(Unsafe.Add(ref indices, slot));
                    Vector512<float> before0 = IsBefore(d, index, d0, i0), before1 = IsBefore(d, index, d1, i1), before2 = IsBefore(d, index, d2, i2);
                    d2 = Vector512.ConditionalSelect(before1, d1, Vector512.ConditionalSelect(before2, d, d2));
                    i2 = Vector512.ConditionalSelect(before1.AsInt32(), i1, Vector512.ConditionalSelect(before2.AsInt32(), index, i2));
                    d1 = Vector512.ConditionalSelect(before0, d0, Vector512.ConditionalSelect(before1, d, d1));
                    i1 = Vector512.ConditionalSelect(before0.AsInt32(), i0, Vector512.ConditionalSelect(before1.AsInt32(), index, i1));
                    d0 = Vector512.ConditionalSelect(before0, d, d0);
                    i0 = Vector512.ConditionalSelect(before0.AsInt32(), index, i0);
                }

                float limit = PointPacket.Largest(d2);
                visited = -1;
                while (visited < 0 && (mask != 0 || packet < packets))
                {
                    if (mask == 0)
                    {
                        mask = (uint)Vector512.LessThanOrEqual(Vector512.LoadUnsafe(ref toBoxes, (nuint)(packet * BoxPacket.Size)), Vector512.Create(limit))
                            .ExtractMostSignificantBits();
                        packet++;
                        continue;
                    }

                    int next = (packet - 1) * BoxPacket.Size + BitOperations.TrailingZeroCount(mask);
                    mask &= mask - 1;
                    float distance = Unsafe.Add(ref toBoxes, next);
                    if (distance <= limit && distance < float.PositiveInfinity)
                        visited = next;
                }
            }

            Write(fine.Indices.Slice(at, Lanes), nearest, squaredDistances, d0, d1, d2, i0, i1, i2);
        }
    }

    /// <summary>Stores the distance of every coarse leaf's box, and infinity for the nearest, whose number is returned: it is visited first.</summary>
    private static int Measure(KdTree coarse, int packets, ref float box, ref float distances)
    {
        Vector512<float> least = Vector512.Create(float.PositiveInfinity);
        Vector512<int> place = Vector512<int>.Zero;
        for (int packet = 0; packet < packets; packet++)
        {
            Vector512<float> d = BoxPacket.Between512(ref coarse.Box(0, packet), ref box);
            d.StoreUnsafe(ref distances, (nuint)(packet * BoxPacket.Size));
            Vector512<float> nearer = Vector512.LessThan(d, least);
            least = Vector512.ConditionalSelect(nearer, d, least);
            place = Vector512.ConditionalSelect(nearer.AsInt32(), Vector512.Create(packet), place);
        }

        float nearest = -PointPacket.Largest(-least);
        int lane = BitOperations.TrailingZeroCount(Vector512.Equals(least, Vector512.Create(nearest)).ExtractMostSignificantBits());
        int leaf = place.GetElement(lane) * BoxPacket.Size + lane;
        Unsafe.Add(ref distances, leaf) = float.PositiveInfinity;
        return leaf;
    }

    /// <summary>A coordinate of sixteen points; padding becomes the first point, so that it asks for no leaf that the others do not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Points(ReadOnlySpan<float> values, int at)
    {
        Vector512<float> points = Vector512.Create(values[at..]);
        return Vector512.ConditionalSelect(Vector512.Equals(points, points), points, Vector512.Create(values[at]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> IsBefore(Vector512<float> d, Vector512<int> index, Vector512<float> otherD, Vector512<int> other) =>
        Vector512.LessThan(d, otherD) | (Vector512.Equals(d, otherD) & Vector512.LessThan(index, other).AsSingle());

    private static void Write(
        ReadOnlySpan<int> points, Span<int> nearest, Span<float> squaredDistances,
        Vector512<float> d0, Vector512<float> d1, Vector512<float> d2, Vector512<int> i0, Vector512<int> i1, Vector512<int> i2)
    {
        Span<float> distances = stackalloc float[3 * Lanes];
        Span<int> indices = stackalloc int[3 * Lanes];
        d0.CopyTo(distances);
        d1.CopyTo(distances[Lanes..]);
        d2.CopyTo(distances[(2 * Lanes)..]);
        i0.CopyTo(indices);
        i1.CopyTo(indices[Lanes..]);
        i2.CopyTo(indices[(2 * Lanes)..]);
        for (int lane = 0; lane < points.Length && points[lane] >= 0; lane++) // padding is at the end
        {
            for (int place = 0; place < 3; place++)
            {
                nearest[3 * points[lane] + place] = indices[place * Lanes + lane];
                squaredDistances[3 * points[lane] + place] = distances[place * Lanes + lane];
            }
        }
    }
}
