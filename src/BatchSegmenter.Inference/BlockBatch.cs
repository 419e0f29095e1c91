using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BatchSegmenter.Inference.Sessions;
using BatchSegmenter.Onnx.Networks;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference;

/// <summary>
/// Several blocks stacked for one session run: tensors one after another, indices shifted by the points of the blocks
/// before. A batch of one block refers to that block's memory; larger ones copy into memory that their session keeps. Keep the
/// blocks alive and unchanged until the batch is disposed.
/// </summary>
public sealed class BlockBatch : IDisposable
{
    private static readonly ConditionalWeakTable<PointNet2Description, string[]> NamesOf = [];

    private readonly BlockTensors[] _blocks;
    private readonly BatchSize? _size;
    private readonly string[] _names;
    private readonly OrtValue?[] _values;
    private readonly long[] _matrix = new long[2], _vector = new long[1];
    private readonly bool[] _isOwn;
    private readonly KeptTensors _kept;
    private readonly bool _keepsForItself;
    private int _bound;

    /// <param name="blocks">At least one, all for the same network. Their order is the order of the scores.</param>
    /// <exception cref="ArgumentException">No blocks, or blocks of different networks.</exception>
    public BlockBatch(params IReadOnlyList<BlockTensors> blocks) : this(blocks, null, null)
    {
    }

    /// <param name="blocks">At least one, all for the same network.</param>
    /// <param name="buckets">What to fill the batch up to, for an accelerator; null leaves it as it is.</param>
    /// <param name="kept">Where to stack blocks, for no other batch until this one is disposed of; null for memory of its own.</param>
    internal BlockBatch(IReadOnlyList<BlockTensors> blocks, BatchBuckets? buckets, KeptTensors? kept = null)
    {
        if (blocks.Count == 0) throw new ArgumentException("A batch holds at least one block.", nameof(blocks));
        Neighbourhoods first = blocks[0].Neighbourhoods;
        PointNet2Description network = first.Description;
        int features = network.Features, most = 0;
        _blocks = blocks as BlockTensors[] ?? [.. blocks];
        foreach (BlockTensors block in _blocks)
        {
            if (block.Neighbourhoods.Levels != first.Levels || block.Features.Length != features * block.PointCount)
                throw new ArgumentException($"A block with {block.Neighbourhoods.Levels} levels and {block.Features.Length / block.PointCount} features can't be in a batch for {first.Levels} and {features}.");
            PointCount += block.PointCount;
            most = Math.Max(most, block.PointCount);
        }

        _size = buckets?.Of(blocks.Count, most);
        _names = NamesOf.GetValue(network, static it => [.. PointNet2Graph.Inputs(it).Select(input => input.Name)]);
        _values = new OrtValue?[_names.Length];
        _isOwn = new bool[_names.Length];
        (_kept, _keepsForItself) = (kept ?? new KeptTensors(), kept is null);
        bool isWhole = network.Task == NetworkTask.Classification;
        Rows = isWhole ? blocks.Count : PointCount;
        FilledRows = _size is null ? Rows : _size.Rows(isWhole ? first.Levels : 0);
        // In the order of the names.
        AddFloats(3, 0, 0, static (block, _) => block.Positions);
        if (features > 0) AddFloats(features, 0, 0, static (block, _) => block.Features);
        if (network.Categories > 0) AddCategories(network.Categories);
        for (int level = 1; level <= first.Levels; level++)
        {
            if (network.Levels[level - 1].All) AddAll(level);
            else AddSampled(level);
            if (isWhole) continue;
            AddIndices(3, level - 1, level, level, 0, static (block, l, _) => block.Neighbourhoods.Nearest(l));
            AddFloats(3, level - 1, level, static (block, l) => block.Neighbourhoods.Weights(l));
        }
        if (network.Global is { } kinds) AddGlobal(mean: kinds.Contains(GlobalFeature.Mean));
    }

    /// <summary>Points of all blocks together.</summary>
    public int PointCount { get; }

    /// <summary>The rows of the scores: a point each, or a block each for classification.</summary>
    public int Rows { get; }

    /// <summary>The rows that the network gives: those of the scores, and behind them those of what the batch was filled up with, which mean nothing.</summary>
    internal int FilledRows { get; }

    internal IReadOnlyCollection<string> Names => _names;

    internal IReadOnlyCollection<OrtValue> Values => _values!;

    /// <summary>Releases the runtime's views of what is this batch's alone.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _values.Length; i++)
            if (_isOwn[i]) _values[i]?.Dispose();
        Array.Clear(_values);
        if (_keepsForItself) _kept.Dispose();
    }

    private void AddSampled(int level)
    {
        Neighbourhoods first = _blocks[0].Neighbourhoods;
        AddIndices(null, level, level - 1, level, 0, static (block, l, _) => block.Neighbourhoods.Samples(l));
        for (int scale = 0; scale < first.ScaleCount(level); scale++)
            AddIndices(first.NeighborCount(level, scale), level, level - 1, level, scale, static (block, l, r) => block.Neighbourhoods.Neighbors(l, r));
        for (int among = 0; among < first.BlockCount(level); among++)
            AddIndices(first.BlockNeighborCount(level, among), level, level, level, among, static (block, l, b) => block.Neighbourhoods.BlockNeighbors(l, b));
    }

    /// <summary>A row for each block, as long as the longest: repeating a point does not change what is largest.</summary>
    private void AddAll(int level)
    {
        int rows = _size?.Blocks ?? _blocks.Length, columns = _size?.PerBlock[level - 1] ?? 0;
        if (columns == 0)
            foreach (BlockTensors block in _blocks) columns = Math.Max(columns, block.Neighbourhoods.PointCount(level - 1));
        Span<int> all = Integers(rows, columns);
        int shift = 0;
        for (int i = 0; i < _blocks.Length; i++)
        {
            Span<int> row = all.Slice(i * columns, columns);
            ReadOnlySpan<int> own = _blocks[i].Neighbourhoods.Neighbors(level, 0).Span;
            TensorPrimitives.Add(own, shift, row[..own.Length]);
            row[own.Length..].Fill(shift);
            shift += own.Length;
        }
        all[(_blocks.Length * columns)..].Clear();
    }

    /// <summary>
    /// A row for each block with all its points, as long as the longest, and the block of each point. A repeated point does not change what is largest, and has no
    /// share in a mean, whose roundings however depend on the length of the rows.
    /// </summary>
    private void AddGlobal(bool mean)
    {
        (int rows, int columns) = (_size?.Blocks ?? _blocks.Length, _size?.PerBlock[0] ?? 0);
        if (columns == 0)
            foreach (BlockTensors block in _blocks) columns = Math.Max(columns, block.PointCount);
        Span<int> all = Integers(rows, columns);
        Span<float> shares = mean ? Floats(rows, columns) : default;
        Span<int> blockOf = Integers(_size?.Rows(0) ?? PointCount, null);
        shares.Clear();
        all[(_blocks.Length * columns)..].Clear();
        blockOf[PointCount..].Clear();
        int start = 0;
        for (int i = 0; i < _blocks.Length; i++)
        {
            int own = _blocks[i].PointCount;
            Span<int> row = all.Slice(i * columns, columns);
            for (int point = 0; point < own; point++) row[point] = start + point;
            row[own..].Fill(start);
            blockOf.Slice(start, own).Fill(i);
            if (mean) shares.Slice(i * columns, own).Fill(1f / own);
            start += own;
        }
    }

    private void AddCategories(int categories)
    {
        Span<float> all = Floats(_size?.Rows(0) ?? PointCount, categories);
        all.Clear();
        int row = 0;
        foreach (BlockTensors block in _blocks)
            for (int i = 0; i < block.PointCount; i++, row++) all[row * categories + block.Category] = 1;
    }

    /// <param name="columns">The second extent.</param>
    /// <param name="rowsOf">The level whose points the rows are.</param>
    /// <param name="level">Handed on to <paramref name="tensor"/>.</param>
    /// <param name="tensor">A block's tensor.</param>
    private void AddFloats(int columns, int rowsOf, int level, Func<BlockTensors, int, ReadOnlyMemory<float>> tensor)
    {
        if (_size is null && _blocks.Length == 1)
        {
            ReadOnlyMemory<float> alone = tensor(_blocks[0], level);
            Bind(MemoryMarshal.AsMemory(alone), alone.Length / columns, columns);
            return;
        }

        Span<float> all = Floats(RowsOf(rowsOf), columns);
        int position = 0;
        foreach (BlockTensors block in _blocks)
        {
            ReadOnlySpan<float> own = tensor(block, level).Span;
            own.CopyTo(all[position..]);
            position += own.Length;
        }
        all[position..].Clear();
    }

    /// <param name="columns">The second extent, or null for a vector.</param>
    /// <param name="rowsOf">The level whose points the rows are.</param>
    /// <param name="into">The level that the indices point into.</param>
    /// <param name="level">Handed on to <paramref name="tensor"/>.</param>
    /// <param name="number">Likewise.</param>
    /// <param name="tensor">A block's tensor.</param>
    private void AddIndices(int? columns, int rowsOf, int into, int level, int number, Func<BlockTensors, int, int, Memory<int>> tensor)
    {
        if (_size is null && _blocks.Length == 1)
        {
            Memory<int> alone = tensor(_blocks[0], level, number);
            Bind(alone, alone.Length / (columns ?? 1), columns);
            return;
        }

        Span<int> all = Integers(RowsOf(rowsOf), columns);
        (int position, int shift) = (0, 0);
        foreach (BlockTensors block in _blocks)
        {
            ReadOnlySpan<int> own = tensor(block, level, number).Span;
            TensorPrimitives.Add(own, shift, all.Slice(position, own.Length));
            position += own.Length;
            shift += block.Neighbourhoods.PointCount(into);
        }
        all[position..].Clear(); // rows that are filled up point at the first point, which is always there
    }

    private int RowsOf(int level)
    {
        if (_size is not null) return _size.Rows(level);
        int rows = 0;
        foreach (BlockTensors block in _blocks) rows += block.Neighbourhoods.PointCount(level);
        return rows;
    }

    /// <summary>The next input, to be filled; what is in it is any.</summary>
    private Span<float> Floats(int rows, int? columns)
    {
        (_values[_bound], Memory<float> memory) = _kept.Floats(_bound).Take(rows, columns);
        _bound++;
        return memory.Span;
    }

    /// <inheritdoc cref="Floats"/>
    private Span<int> Integers(int rows, int? columns)
    {
        (_values[_bound], Memory<int> memory) = _kept.Integers(_bound).Take(rows, columns);
        _bound++;
        return memory.Span;
    }

    /// <summary>The next input is memory of a block.</summary>
    private void Bind<T>(Memory<T> memory, int rows, int? columns) where T : unmanaged
    {
        long[] shape = columns is null ? _vector : _matrix;
        shape[0] = rows;
        if (columns is int extent) shape[1] = extent;
        _isOwn[_bound] = true;
        _values[_bound++] = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory, shape);
    }
}
