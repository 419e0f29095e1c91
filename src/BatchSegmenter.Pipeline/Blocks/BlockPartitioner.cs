using System.Buffers;
using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// Cuts the thinned points of a tile into blocks. Cores come from halving the points by their median, along the longer side of their
/// box, until they are small enough; a block is a core with the nearest points around it. So blocks are small where points are
/// dense and wide where they are sparse, and every point that is asked for is in exactly one core.
/// </summary>
public sealed class BlockPartitioner
{
    private readonly InputDescription _input;
    private readonly ThinnedPoints _points;
    private readonly PlanGrid _grid;
    private readonly SpareBlocks _spare;

    /// <param name="input">Sizes and features of a block.</param>
    /// <param name="points">The thinned points of one tile.</param>
    public BlockPartitioner(InputDescription input, ThinnedPoints points)
        : this(input, points, new SpareBlocks())
    {
    }

    /// <param name="input">Sizes and features of a block.</param>
    /// <param name="points">The thinned points of one tile.</param>
    /// <param name="spare">Where arrays of blocks come from and go to.</param>
    internal BlockPartitioner(InputDescription input, ThinnedPoints points, SpareBlocks spare)
    {
        _spare = spare;
        _input = input;
        _points = points;
        _grid = new PlanGrid(points.X, points.Y);
    }

    /// <summary>
    /// The cores that cover the points <paramref name="asked"/> (indices of thinned points), in an order that depends on nothing else.
    /// </summary>
    public List<int[]> Cores(ReadOnlySpan<int> asked)
    {
        List<int[]> cores = [];
        if (asked.IsEmpty) return cores;
        Split(asked.ToArray(), new ulong[asked.Length], cores);
        return cores;
    }

    /// <summary>The block around a core: positions, features, and the points nearest to the core's box.</summary>
    /// <param name="index">Number that the block gets.</param>
    /// <param name="core">Indices of thinned points, at least one.</param>
    public PointBlock Around(int index, ReadOnlySpan<int> core)
    {
        Box box = Box.Of(_points, core);
        PointBlock block = Take();
        _grid.NearestTo(box.Left, box.Bottom, box.Right, box.Top, block.ThinnedIndex);
        PutCoreFirst(core, block.ThinnedIndex, _points.Count);
        return Build(index, block);
    }

    /// <summary>Takes a block back that nobody uses any more, so that its arrays serve again.</summary>
    internal void Release(PointBlock block) => _spare.Give(block);

    /// <summary>
    /// All of the core, filled up with the nearest others. Only where more points than a block holds share one place in plan does this differ
    /// from the nearest alone.
    /// </summary>
    /// <param name="core">Indices of thinned points, no more than <paramref name="members"/> holds.</param>
    /// <param name="members">The nearest; receives the members.</param>
    /// <param name="points">All that there are.</param>
    private static void PutCoreFirst(ReadOnlySpan<int> core, Span<int> members, int points)
    {
        int words = points / 64 + 1;
        ulong[] isCore = ArrayPool<ulong>.Shared.Rent(words);
        isCore.AsSpan(0, words).Clear();
        foreach (int i in core) isCore[i >> 6] |= 1UL << i;
        int[] nearest = ArrayPool<int>.Shared.Rent(members.Length);
        members.CopyTo(nearest);
        core.CopyTo(members);
        int count = core.Length;
        foreach (int i in nearest.AsSpan(0, members.Length))
            if (count < members.Length && (isCore[i >> 6] >> i & 1) == 0) members[count++] = i;
        ArrayPool<int>.Shared.Return(nearest);
        ArrayPool<ulong>.Shared.Return(isCore);
    }

    /// <summary>The block around a rectangle about one point, as training draws them.</summary>
    /// <param name="index">Number that the block gets.</param>
    /// <param name="middle">Index of a thinned point.</param>
    /// <param name="halfWidth">Metres to either side in x, at least 0.</param>
    /// <param name="halfDepth">Metres to either side in y, at least 0.</param>
    public PointBlock Around(int index, int middle, float halfWidth, float halfDepth)
    {
        (float x, float y) = (_points.X[middle], _points.Y[middle]);
        PointBlock block = Take();
        _grid.NearestTo(x - halfWidth, y - halfDepth, x + halfWidth, y + halfDepth, block.ThinnedIndex);
        return Build(index, block);
    }

    private PointBlock Take() => _spare.Take(Math.Min(_input.Block.Points, _points.Count), _input.Features.Count);

    /// <summary>Fills the arrays of a block whose members are known.</summary>
    private PointBlock Build(int index, PointBlock block)
    {
        (int[] members, float[] positions) = (block.ThinnedIndex, block.Positions);
        Shuffle(members);
        BlockFrame frame = Frame(members);
        for (int i = 0; i < members.Length; i++)
        {
            positions[3 * i] = (float)((_points.X[members[i]] - frame.X) / frame.Unit);
            positions[3 * i + 1] = (float)((_points.Y[members[i]] - frame.Y) / frame.Unit);
            positions[3 * i + 2] = (float)((_points.Z[members[i]] - frame.Z) / frame.Unit);
        }

        BlockFeatures.Fill(_points, members, frame, _input.Features, block.Features);
        return block with { Index = index, Spacing = frame.Spacing };
    }

    private BlockFrame Frame(int[] members)
    {
        float spacing = MedianSpacing(members);
        float unit = _input.Unit == BlockUnit.Spacing ? spacing : 1;
        if (_input.Origin == BlockOrigin.Base)
        {
            Box box = Box.Of(_points, members);
            float lowest = float.PositiveInfinity;
            foreach (int i in members) lowest = Math.Min(lowest, _points.Z[i]);
            return new BlockFrame(((double)box.Left + box.Right) / 2, ((double)box.Bottom + box.Top) / 2, lowest, unit, spacing);
        }

        double x = 0, y = 0, z = 0;
        foreach (int i in members)
        {
            x += _points.X[i];
            y += _points.Y[i];
            z += _points.Z[i];
        }
        return new BlockFrame(x / members.Length, y / members.Length, z / members.Length, unit, spacing);
    }

    /// <summary>Orders members by a hash of their index: as good as random, and the same in every run.</summary>
    private static void Shuffle(int[] members)
    {
        uint[] rented = ArrayPool<uint>.Shared.Rent(members.Length);
        Span<uint> keys = rented.AsSpan(0, members.Length);
        for (int i = 0; i < keys.Length; i++) keys[i] = Mix((uint)members[i]);
        keys.Sort(members.AsSpan());
        ArrayPool<uint>.Shared.Return(rented);
    }

    /// <summary>A bijection of 32 bits (multiply and xor-shift), so that no two indices share a key.</summary>
    private static uint Mix(uint value)
    {
        value = (value ^ (value >> 16)) * 0x7FEB352Du;
        value = (value ^ (value >> 15)) * 0x846CA68Bu;
        return value ^ (value >> 16);
    }

    /// <summary>The upper median. Only those that share its first bits are sorted.</summary>
    private float MedianSpacing(int[] members)
    {
        const int Shift = 20;
        Span<int> counts = stackalloc int[1 << (31 - Shift)];
        counts.Clear();
        foreach (int i in members) counts[BitConverter.SingleToInt32Bits(_points.Spacing[i]) >> Shift]++;
        (int first, int before) = (0, 0);
        while (before + counts[first] <= members.Length / 2) before += counts[first++];

        float[] rented = ArrayPool<float>.Shared.Rent(counts[first]);
        int count = 0;
        foreach (int i in members)
            if (BitConverter.SingleToInt32Bits(_points.Spacing[i]) >> Shift == first) rented[count++] = _points.Spacing[i];
        rented.AsSpan(0, count).Sort();
        float median = rented[members.Length / 2 - before];
        ArrayPool<float>.Shared.Return(rented);
        return median;
    }

    /// <param name="members">Indices of thinned points; put in another order.</param>
    /// <param name="scratch">As long as <paramref name="members"/>.</param>
    /// <param name="cores">Receives the cores.</param>
    private void Split(Span<int> members, Span<ulong> scratch, List<int[]> cores)
    {
        if (members.Length <= _input.Block.Core)
        {
            cores.Add(members.ToArray());
            return;
        }

        Box box = Box.Of(_points, members);
        float[] along = box.Right - box.Left >= box.Top - box.Bottom ? _points.X : _points.Y;
        for (int i = 0; i < members.Length; i++) scratch[i] = (ulong)Ordered(along[members[i]]) << 32 | (uint)members[i];
        scratch.Sort(members);

        // Whole cores on the left, so that a tile of a thousand points more than one core does not end in many small blocks.
        int coresNeeded = (members.Length + _input.Block.Core - 1) / _input.Block.Core;
        int middle = (int)((long)members.Length * (coresNeeded / 2) / coresNeeded);
        Split(members[..middle], scratch[..middle], cores);
        Split(members[middle..], scratch[middle..], cores);
    }

    /// <summary>The bits of a float so that unsigned comparison orders them like the numbers.</summary>
    private static uint Ordered(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
    }

    private readonly record struct Box(float Left, float Bottom, float Right, float Top)
    {
        public static Box Of(ThinnedPoints points, ReadOnlySpan<int> members)
        {
            Box box = new(float.PositiveInfinity, float.PositiveInfinity, float.NegativeInfinity, float.NegativeInfinity);
            foreach (int i in members)
                box = new Box(
                    Math.Min(box.Left, points.X[i]), Math.Min(box.Bottom, points.Y[i]), Math.Max(box.Right, points.X[i]), Math.Max(box.Top, points.Y[i]));
            return box;
        }
    }
}
