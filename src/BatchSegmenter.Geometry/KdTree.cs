using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Geometry;

/// <summary>An index over a fixed set of points that finds the nearest ones in space or in plan; safe to query from many threads.</summary>
/// <remarks>
/// Points are split at medians of the widest axis into leaves of sixteen; sixteen neighbouring leaves share a node, sixteen nodes share the
/// next, and so on. A query measures sixteen boxes, or sixteen points, at a time. Neither density nor far outliers disturb it. A point with a
/// coordinate that is not finite is left out and never returned. Small arrays are rented: dispose the tree when many are built in a row.
/// </remarks>
public sealed class KdTree : IDisposable
{
    private readonly int[] _levelStarts; // the first box packet of each level; level 0 holds the leaves' boxes
    private readonly int[] _levelSizes;  // boxes in each level
    private float[] _boxes = [];
    private float[] _x = [], _y = [], _z = []; // leaf by leaf, padded with NaN, which is near to nothing
    private int[] _indices = [];

    /// <summary>Indexes points in space.</summary>
    /// <param name="x">x of each point, in any unit, relative to a nearby origin.</param>
    /// <param name="y">y of each point.</param>
    /// <param name="z">z of each point.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public KdTree(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z)
    {
        Arguments.SameLength(x, y, z);
        IndexedPoint[] points = ScratchArray.Rent<IndexedPoint>(Math.Max(1, x.Length));
        int count = 0;
        for (int i = 0; i < x.Length; i++)
        {
            if (float.IsFinite(x[i]) && float.IsFinite(y[i]) && float.IsFinite(z[i]))
                points[count++] = new(x[i], y[i], z[i], i);
        }
        Count = count;
        LeafCount = (count + PointPacket.Size - 1) / PointPacket.Size;
        KdPartition.Partition(points.AsSpan(0, count), LeafCount);
        CopyLeaves(points);
        ScratchArray.Return(points);
        BuildBoxes(out _levelStarts, out _levelSizes);
    }

    /// <summary>Indexes points in plan: every z is taken as 0, so queries must use z = 0.</summary>
    /// <param name="x">x of each point.</param>
    /// <param name="y">y of each point.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static KdTree InPlan(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        float[] zeros = ScratchArray.Rent<float>(Math.Max(1, x.Length));
        zeros.AsSpan(0, x.Length).Clear();
        KdTree tree = new(x, y, zeros.AsSpan(0, x.Length));
        ScratchArray.Return(zeros);
        return tree;
    }

    /// <summary>The number of points that can be found: those with finite coordinates.</summary>
    public int Count { get; }

    internal int LeafCount { get; }

    internal ReadOnlySpan<float> X => _x;

    internal ReadOnlySpan<float> Y => _y;

    internal ReadOnlySpan<float> Z => _z;

    /// <summary>The original index of each slot, ascending within a leaf; -1 in padding.</summary>
    internal ReadOnlySpan<int> Indices => _indices;

    /// <summary>The levels of boxes; level 0 holds the leaves', the last at most sixteen.</summary>
    internal int Levels => _levelSizes.Length;

    /// <summary>Finds the points nearest to a position, ordered by squared distance and then by index.</summary>
    /// <param name="x">x of the position.</param>
    /// <param name="y">y of the position.</param>
    /// <param name="z">z of the position; 0 for a tree in plan.</param>
    /// <param name="indices">Receives the indices of the nearest points; its length says how many; -1 where there are no more.</param>
    /// <param name="squaredDistances">Receives their squared distances; positive infinity where there are no more.</param>
    /// <returns>How many were found: the smaller of the asked number and <see cref="Count"/>; 0 for a position that is not finite.
    /// A point whose squared distance overflows float32 is not found.</returns>
    /// <exception cref="ArgumentException">The two outputs differ in length.</exception>
    public int Nearest(float x, float y, float z, Span<int> indices, Span<float> squaredDistances)
    {
        Arguments.Length(squaredDistances.Length, indices.Length, nameof(squaredDistances));
        ulong[]? rented = indices.Length > NearestList.MostInVectors ? ArrayPool<ulong>.Shared.Rent(indices.Length) : null;
        Span<ulong> keys = rented is null ? stackalloc ulong[NearestList.MostInVectors] : rented;
        Span<float> scratch = stackalloc float[(_levelSizes.Length + 1) * BoxPacket.Size];
        Query query = new(x, y, z, new NearestList(keys[..indices.Length]), ref MemoryMarshal.GetReference(scratch));
        if (Count > 0 && indices.Length > 0 && float.IsFinite(x) && float.IsFinite(y) && float.IsFinite(z))
            Visit(_levelSizes.Length - 1, 0, ref query);
        int found = query.Nearest.CopyTo(indices, squaredDistances);
        if (rented is not null)
            ArrayPool<ulong>.Shared.Return(rented);
        return found;
    }

    /// <summary>Adds the original index of every point within a squared distance, which is finite, to <paramref name="hits"/>.</summary>
    internal void Within(float x, float y, float z, float squaredRadius, IndexSet hits)
    {
        Span<float> scratch = stackalloc float[BoxPacket.Size];
        if (Count > 0 && float.IsFinite(x) && float.IsFinite(y) && float.IsFinite(z))
            VisitWithin(_levelSizes.Length - 1, 0, x, y, z, squaredRadius, hits, ref MemoryMarshal.GetReference(scratch));
    }

    /// <summary>Gives the arrays back. The tree must not be queried afterwards.</summary>
    public void Dispose()
    {
        if (_x.Length == 0)
            return;
        ScratchArray.Return(_x);
        ScratchArray.Return(_y);
        ScratchArray.Return(_z);
        ScratchArray.Return(_boxes);
        ScratchArray.Return(_indices);
        _x = _y = _z = _boxes = [];
        _indices = [];
    }

    private void Visit(int level, int packet, ref Query query)
    {
        ref float distances = ref Unsafe.Add(ref query.Scratch, level * BoxPacket.Size);
        BoxPacket.Within(ref Box(level, packet), query.X, query.Y, query.Z, 0, ref distances);
        while (true)
        {
            int child = packet * BoxPacket.Size + BoxPacket.TakeNearest(ref distances, out float nearest);
            if (nearest > query.Nearest.Limit)
                return; // the others are no nearer
            if (level > 0)
                Visit(level - 1, child, ref query);
            else
                ScanLeaf(child, ref query);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ScanLeaf(int leaf, ref Query query)
    {
        int at = leaf * PointPacket.Size;
        ref float distances = ref Unsafe.Add(ref query.Scratch, _levelSizes.Length * BoxPacket.Size);
        uint mask = PointPacket.Within(
            ref At(_x, at), ref At(_y, at), ref At(_z, at), query.X, query.Y, query.Z, query.Nearest.Limit, ref distances);
        if (mask == 0)
            return;
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            query.Nearest.Offer(Unsafe.Add(ref distances, lane), At(_indices, at + lane));
        }
        query.Nearest.Settle();
    }

    private void VisitWithin(int level, int packet, float x, float y, float z, float squaredRadius, IndexSet hits, ref float unused)
    {
        uint mask = BoxPacket.Within(ref Box(level, packet), x, y, z, squaredRadius, ref unused);
        for (; mask != 0; mask &= mask - 1)
        {
            int child = packet * BoxPacket.Size + BitOperations.TrailingZeroCount(mask);
            if (level > 0)
            {
                VisitWithin(level - 1, child, x, y, z, squaredRadius, hits, ref unused);
                continue;
            }
            int at = child * PointPacket.Size;
            uint near = PointPacket.Within(ref At(_x, at), ref At(_y, at), ref At(_z, at), x, y, z, squaredRadius, ref unused);
            for (; near != 0; near &= near - 1)
                hits.Add(At(_indices, at + BitOperations.TrailingZeroCount(near)));
        }
    }

    private void CopyLeaves(ReadOnlySpan<IndexedPoint> points)
    {
        int slots = Math.Max(1, LeafCount * PointPacket.Size);
        _x = ScratchArray.Rent<float>(slots);
        _y = ScratchArray.Rent<float>(slots);
        _z = ScratchArray.Rent<float>(slots);
        _indices = ScratchArray.Rent<int>(slots);
        for (int i = 0; i < Count; i++)
            (_x[i], _y[i], _z[i], _indices[i]) = points[i];
        _x.AsSpan(Count, slots - Count).Fill(float.NaN);
        _y.AsSpan(Count, slots - Count).Fill(float.NaN);
        _z.AsSpan(Count, slots - Count).Fill(float.NaN);
        _indices.AsSpan(Count, slots - Count).Fill(-1);
    }

    private void BuildBoxes(out int[] starts, out int[] sizes)
    {
        int levels = 1;
        for (int boxes = LeafCount; boxes > BoxPacket.Size; boxes = Packets(boxes))
            levels++;
        (starts, sizes) = (new int[levels], new int[levels]);
        sizes[0] = LeafCount;
        int packets = Packets(LeafCount);
        for (int level = 1; level < levels; level++)
        {
            starts[level] = packets;
            sizes[level] = Packets(sizes[level - 1]);
            packets += Packets(sizes[level]);
        }
        _boxes = ScratchArray.Rent<float>(Math.Max(1, packets) * BoxPacket.Floats);
        for (int side = 0; side < _boxes.Length; side += BoxPacket.Size)
            _boxes.AsSpan(side, Math.Min(BoxPacket.Size, _boxes.Length - side)).Fill(side / BoxPacket.Size % 2 == 0 ? float.PositiveInfinity : float.NegativeInfinity);
        for (int leaf = 0; leaf < LeafCount; leaf++)
        {
            ref float box = ref Box(starts[0], leaf / BoxPacket.Size, leaf % BoxPacket.Size);
            int at = leaf * PointPacket.Size, length = Math.Min(PointPacket.Size, Count - at);
            Cover(ref box, _x.AsSpan(at, length));
            Cover(ref Unsafe.Add(ref box, 2 * BoxPacket.Size), _y.AsSpan(at, length));
            Cover(ref Unsafe.Add(ref box, 4 * BoxPacket.Size), _z.AsSpan(at, length));
        }
        for (int level = 1; level < sizes.Length; level++)
        {
            for (int node = 0; node < sizes[level]; node++)
            {
                ref float box = ref Box(starts[level], node / BoxPacket.Size, node % BoxPacket.Size);
                ReadOnlySpan<float> children = _boxes.AsSpan((starts[level - 1] + node) * BoxPacket.Floats, BoxPacket.Floats);
                for (int axis = 0; axis < 3; axis++)
                    Cover(ref Unsafe.Add(ref box, 2 * axis * BoxPacket.Size), children.Slice(2 * axis * BoxPacket.Size, 2 * BoxPacket.Size));
            }
        }

        // An empty child is infinite in the wrong direction and does not count.
        static void Cover(ref float smallest, ReadOnlySpan<float> values)
        {
            float low = float.PositiveInfinity, high = float.NegativeInfinity;
            foreach (float value in values)
            {
                if (float.IsFinite(value))
                    (low, high) = (MathF.Min(low, value), MathF.Max(high, value));
            }
            (smallest, Unsafe.Add(ref smallest, BoxPacket.Size)) = (low, high);
        }
    }

    private static int Packets(int boxes) => (boxes + BoxPacket.Size - 1) / BoxPacket.Size;

    private ref float Box(int start, int packet, int lane) => ref _boxes[(start + packet) * BoxPacket.Floats + lane];

    /// <summary>The boxes of children 16 × packet to 16 × packet + 15 of a level; missing ones are at infinite distance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref float Box(int level, int packet) => ref At(_boxes, (_levelStarts[level] + packet) * BoxPacket.Floats);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T At<T>(T[] array, int i) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), i);

    private ref struct Query(float x, float y, float z, NearestList nearest, ref float scratch)
    {
        public readonly float X = x, Y = y, Z = z;
        public NearestList Nearest = nearest;
        public ref float Scratch = ref scratch; // sixteen distances to boxes per level, then sixteen to points
    }
}
