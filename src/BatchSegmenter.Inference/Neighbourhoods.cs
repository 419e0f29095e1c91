using System.Buffers;
using BatchSegmenter.Geometry;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference;

/// <summary>
/// The index and weight tensors of one block: which points each level samples, which neighbours the samples have, and how
/// features interpolate back. Levels count from 1, as in the network's inputs; level 0 is the block's points. The arrays
/// are rented: <see cref="Dispose"/> gives them back, after which the memories handed out must not be used.
/// </summary>
public sealed class Neighbourhoods : IDisposable
{
    private readonly PointNet2Description _description;
    private readonly int[] _counts;
    private readonly int[] _indexStarts;
    private readonly int[] _weightStarts;
    private int[] _indices;
    private float[] _weights;

    private Neighbourhoods(PointNet2Description description, int points)
    {
        _description = description;
        _counts = description.SampleCounts(points);
        _indexStarts = new int[_counts.Length];
        _weightStarts = new int[_counts.Length];
        for (int level = 1; level < _counts.Length; level++)
        {
            int perSample = 1 + BlockStart(level, BlockCount(level));
            int interpolated = description.Task == NetworkTask.Segmentation ? 3 * _counts[level - 1] : 0;
            _indexStarts[level] = checked(_indexStarts[level - 1] + _counts[level] * perSample + interpolated);
            _weightStarts[level] = _weightStarts[level - 1] + interpolated;
        }
        _indices = ArrayPool<int>.Shared.Rent(_indexStarts[^1]);
        _weights = ArrayPool<float>.Shared.Rent(_weightStarts[^1]);
    }

    /// <summary>The network that they are for.</summary>
    public PointNet2Description Description => _description;

    /// <summary>The number of set abstraction levels, L.</summary>
    public int Levels => _counts.Length - 1;

    /// <summary>The number of points at a level, 0 to <see cref="Levels"/>.</summary>
    public int PointCount(int level) => _counts[level];

    /// <summary><c>samples_l</c>, [S_l]: indices into level <paramref name="level"/> − 1; of a level of all points without meaning.</summary>
    /// <param name="level">1 to <see cref="Levels"/>.</param>
    public Memory<int> Samples(int level) => _indices.AsMemory(_indexStarts[level - 1], _counts[level]);

    /// <summary><c>neighbors_l_r</c>, [S_l, k]: indices into level <paramref name="level"/> − 1.</summary>
    /// <param name="level">1 to <see cref="Levels"/>.</param>
    /// <param name="scale">From 0.</param>
    public Memory<int> Neighbors(int level, int scale)
    {
        int start = _indexStarts[level - 1] + _counts[level];
        for (int before = 0; before < scale; before++) start += _counts[level] * NeighborCount(level, before);
        return _indices.AsMemory(start, _counts[level] * NeighborCount(level, scale));
    }

    /// <summary><c>neighbors_l_block_b</c>, [S_l, k]: indices into level <paramref name="level"/> itself.</summary>
    /// <param name="level">1 to <see cref="Levels"/>.</param>
    /// <param name="block">From 0.</param>
    public Memory<int> BlockNeighbors(int level, int block) => _indices.AsMemory(
        _indexStarts[level - 1] + _counts[level] * (1 + BlockStart(level, block)), _counts[level] * BlockNeighborCount(level, block));

    /// <summary><c>nearest_l</c>, [S_{l-1}, 3]: indices into level <paramref name="level"/>. Not for classification.</summary>
    /// <param name="level">1 to <see cref="Levels"/>.</param>
    public Memory<int> Nearest(int level) => _indices.AsMemory(_indexStarts[level] - 3 * _counts[level - 1], 3 * _counts[level - 1]);

    /// <summary><c>weights_l</c>, [S_{l-1}, 3]: they sum to 1 per point. Not for classification.</summary>
    /// <param name="level">1 to <see cref="Levels"/>.</param>
    public Memory<float> Weights(int level) => _weights.AsMemory(_weightStarts[level - 1], 3 * _counts[level - 1]);

    /// <summary>The number of scales of a level, from 1.</summary>
    public int ScaleCount(int level) => _description.Levels[level - 1].Scales.Count;

    /// <summary>The number of residual blocks of a level, from 0.</summary>
    public int BlockCount(int level) => _description.Levels[level - 1].Blocks?.Count ?? 0;

    /// <summary>k of a level and scale; all points of the level before where the level is one of all points.</summary>
    public int NeighborCount(int level, int scale) =>
        _description.Levels[level - 1].All ? _counts[level - 1] : _description.Levels[level - 1].Scales[scale].Neighbors;

    /// <summary>k of a level's residual block.</summary>
    public int BlockNeighborCount(int level, int block) => _description.Levels[level - 1].Blocks![block].Neighbors;

    /// <summary>Computes the neighbourhoods of one block.</summary>
    /// <param name="positions">The block's coordinates, [N, 3] row-major, N at least 1, in the unit of the description's radii.</param>
    /// <param name="description">Levels, radii and neighbour counts.</param>
    /// <param name="start">The block point that sampling starts at; deeper levels start at their first point.</param>
    /// <exception cref="ArgumentException">No points, or not three coordinates per point.</exception>
    public static Neighbourhoods Compute(ReadOnlySpan<float> positions, PointNet2Description description, int start = 0)
    {
        if (positions.Length == 0 || positions.Length % 3 != 0)
            throw new ArgumentException($"{positions.Length} coordinates are not those of one or more points.", nameof(positions));
        int points = positions.Length / 3;
        Neighbourhoods result = new(description, points);
        using Coordinates fine = new(points), coarse = new(points);
        fine.Split(positions);
        for (int level = 1; level <= result.Levels; level++)
        {
            SetAbstractionDescription it = description.Levels[level - 1];
            if (it.All) result.TakeAll(level, coarse);
            else result.Sample(level, level == 1 ? start : 0, fine, coarse);
            if (description.Task == NetworkTask.Segmentation)
                ThreeNearestInterpolation.Weights(
                    coarse.X, coarse.Y, coarse.Z, fine.X, fine.Y, fine.Z, result.Nearest(level).Span, result.Weights(level).Span,
                    squared: description.Interpolation == InterpolationWeight.InverseSquaredDistance, coarse.Tree, fine.Tree);
            fine.Take(coarse);
        }
        return result;
    }

    private void Sample(int level, int start, Coordinates fine, Coordinates coarse)
    {
        Span<int> samples = Samples(level).Span;
        FarthestPointSampling.Sample(fine.X, fine.Y, fine.Z, start, samples, fine.Tree);
        coarse.Gather(fine, samples);
        SetAbstractionDescription it = _description.Levels[level - 1];
        for (int scale = 0; scale < it.Scales.Count; scale++)
            BallQuery.Search(
                fine.X, fine.Y, fine.Z, coarse.X, coarse.Y, coarse.Z, it.Scales[scale].Radius, it.Scales[scale].Neighbors, Neighbors(level, scale).Span,
                _description.RadiusExclusive, fine.Tree);
        for (int block = 0; block < BlockCount(level); block++)
            BallQuery.Search(
                coarse.X, coarse.Y, coarse.Z, coarse.X, coarse.Y, coarse.Z, it.Blocks![block].Radius, it.Blocks[block].Neighbors, BlockNeighbors(level, block).Span,
                _description.RadiusExclusive, coarse.Tree);
    }

    /// <summary>One group of all points, about the origin.</summary>
    private void TakeAll(int level, Coordinates coarse)
    {
        Span<int> all = Neighbors(level, 0).Span;
        for (int i = 0; i < all.Length; i++) all[i] = i;
        Samples(level).Span[0] = 0;
        coarse.Split([0, 0, 0]);
    }

    /// <summary>Neighbours per sample that stand before those of a block.</summary>
    private int BlockStart(int level, int block)
    {
        int start = 0;
        for (int scale = 0; scale < ScaleCount(level); scale++) start += NeighborCount(level, scale);
        for (int before = 0; before < block; before++) start += BlockNeighborCount(level, before);
        return start;
    }

    /// <summary>Makes room for the neighbourhoods of a block, to be filled from elsewhere, such as stored tensors.</summary>
    internal static Neighbourhoods Allocate(int points, PointNet2Description description) => new(description, points);

    /// <summary>Gives the arrays back.</summary>
    public void Dispose()
    {
        if (_indices.Length > 0) ArrayPool<int>.Shared.Return(_indices);
        if (_weights.Length > 0) ArrayPool<float>.Shared.Return(_weights);
        (_indices, _weights) = ([], []);
    }

    /// <summary>Coordinates of one level, an array per axis, as the kernels want them.</summary>
    private sealed class Coordinates(int capacity) : IDisposable
    {
        /// <summary>Fewer points are not worth a tree to any of the kernels.</summary>
        private const int FewestIndexed = 128;

        private readonly int _capacity = capacity;
        private float[] _values = ArrayPool<float>.Shared.Rent(3 * capacity);
        private int _count;
        private KdTree? _tree;

        public Span<float> X => _values.AsSpan(0, _count);

        public Span<float> Y => _values.AsSpan(_capacity, _count);

        public Span<float> Z => _values.AsSpan(2 * _capacity, _count);

        /// <summary>The tree of the points, built when first asked for and shared by all kernels; null for few points.</summary>
        public KdTree? Tree => _count < FewestIndexed ? null : _tree ??= new KdTree(X, Y, Z);

        public void Split(ReadOnlySpan<float> interleaved)
        {
            Forget();
            _count = interleaved.Length / 3;
            Span<float> x = X, y = Y, z = Z;
            for (int i = 0; i < x.Length; i++)
            {
                x[i] = interleaved[3 * i];
                y[i] = interleaved[3 * i + 1];
                z[i] = interleaved[3 * i + 2];
            }
        }

        public void Gather(Coordinates source, ReadOnlySpan<int> indices)
        {
            Forget();
            _count = indices.Length;
            Span<float> x = X, y = Y, z = Z;
            ReadOnlySpan<float> fromX = source.X, fromY = source.Y, fromZ = source.Z;
            for (int i = 0; i < indices.Length; i++)
            {
                x[i] = fromX[indices[i]];
                y[i] = fromY[indices[i]];
                z[i] = fromZ[indices[i]];
            }
        }

        /// <summary>Exchanges contents with another level, whose own is then free to be overwritten.</summary>
        public void Take(Coordinates other)
        {
            (_values, other._values) = (other._values, _values);
            (_count, other._count) = (other._count, _count);
            (_tree, other._tree) = (other._tree, _tree);
        }

        public void Dispose()
        {
            Forget();
            ArrayPool<float>.Shared.Return(_values);
            _values = [];
        }

        private void Forget()
        {
            _tree?.Dispose();
            _tree = null;
        }
    }
}
