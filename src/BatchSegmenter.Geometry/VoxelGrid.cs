using System.Numerics;

namespace BatchSegmenter.Geometry;

/// <summary>Thins points to one per voxel of a grid that is aligned to the world's origin, so that neighbouring tiles agree.</summary>
public static class VoxelGrid
{
    /// <summary>Keeps, of each voxel that holds points, the one nearest its centre (the lowest index of equally near ones).</summary>
    /// <param name="x">x of each point, world coordinates in metres.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <param name="edge">The voxels' horizontal edge in metres; above 0.</param>
    /// <param name="verticalEdge">The voxels' vertical edge in metres; above 0.</param>
    /// <param name="representatives">
    /// Receives the index of each voxel's point, in the order in which the voxels first appear; as long as x (all may be needed).
    /// </param>
    /// <param name="voxelOfPoint">
    /// Receives for each point the position of its voxel in <paramref name="representatives"/>; -1 for a point with a coordinate that is not
    /// finite, which belongs to no voxel. As long as x.
    /// </param>
    /// <returns>The number of voxels.</returns>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An edge is not above 0.</exception>
    /// <remarks>
    /// Memory depends on the number of points only, never on their extent; some 50 bytes a point are scratch. Voxel numbers saturate at
    /// ±2^63, beyond any coordinate system.
    /// </remarks>
    public static int Thin(
        ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> z, double edge, double verticalEdge,
        Span<int> representatives, Span<int> voxelOfPoint)
    {
        Arguments.SameLength(x, y, z);
        Arguments.Length(representatives.Length, x.Length, nameof(representatives));
        Arguments.Length(voxelOfPoint.Length, x.Length, nameof(voxelOfPoint));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(edge);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(verticalEdge);

        int capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(2L * x.Length, 16, 1 << 30));
        int[] slots = ScratchArray.Rent<int>(capacity); // ordinal of the voxel, -1 where free; collisions go to the next slot
        slots.AsSpan(0, capacity).Fill(-1);
        Voxel[] voxels = ScratchArray.Rent<Voxel>(Math.Max(1, x.Length));
        int count = 0, last = -1;
        for (int i = 0; i < x.Length; i++)
        {
            if (!(double.IsFinite(x[i]) && double.IsFinite(y[i]) && double.IsFinite(z[i])))
            {
                voxelOfPoint[i] = -1;
                continue;
            }
            long column = (long)Math.Floor(x[i] / edge), row = (long)Math.Floor(y[i] / edge), layer = (long)Math.Floor(z[i] / verticalEdge);
            double dx = x[i] - (column + 0.5) * edge, dy = y[i] - (row + 0.5) * edge, dz = z[i] - (layer + 0.5) * verticalEdge;
            double distance = (dx * dx + dy * dy) + dz * dz;
            // Scan lines stay in a voxel for several points, so the last one is asked first.
            if (last < 0 || !voxels[last].Is(column, row, layer))
                last = Find(slots, capacity - 1, voxels, column, row, layer, ref count);
            ref Voxel voxel = ref voxels[last];
            voxelOfPoint[i] = last;
            if (voxel.Distance < 0 || distance < voxel.Distance)
            {
                voxel.Distance = distance;
                representatives[last] = i;
            }
        }
        ScratchArray.Return(slots);
        ScratchArray.Return(voxels);
        return count;
    }

    private static int Find(int[] slots, int mask, Voxel[] voxels, long column, long row, long layer, ref int count)
    {
        ulong hash = ((ulong)column * 0x9E3779B97F4A7C15 ^ (ulong)row) * 0xC2B2AE3D27D4EB4F ^ (ulong)layer;
        hash *= 0x9E3779B97F4A7C15;
        for (int slot = (int)(hash >> 32) & mask; ; slot = slot + 1 & mask)
        {
            int ordinal = slots[slot];
            if (ordinal < 0)
            {
                slots[slot] = count;
                voxels[count] = new Voxel { Column = column, Row = row, Layer = layer, Distance = -1 };
                return count++;
            }
            if (voxels[ordinal].Is(column, row, layer))
                return ordinal;
        }
    }

    private struct Voxel
    {
        public long Column, Row, Layer;
        public double Distance; // of the representative to the centre, squared; negative before the first

        public readonly bool Is(long column, long row, long layer) => Column == column && Row == row && Layer == layer;
    }
}
