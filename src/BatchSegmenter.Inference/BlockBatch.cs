using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Networks;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference;

/// <summary>
/// Several blocks stacked for one session run: tensors one after another, indices shifted by the points of the blocks
/// before. A batch of one block refers to that block's memory; larger ones copy into rented arrays. Keep the blocks alive
/// and unchanged until the batch is disposed.
/// </summary>
public sealed class BlockBatch : IDisposable
{
    private readonly List<string> _names = [];
    private readonly List<OrtValue> _values = [];
    private readonly List<float[]> _rentedFloats = [];
    private readonly List<int[]> _rentedInts = [];

    /// <param name="blocks">At least one, all for the same network. Their order is the order of the scores.</param>
    /// <exception cref="ArgumentException">No blocks, or blocks of different networks.</exception>
    public BlockBatch(params IReadOnlyList<BlockTensors> blocks)
    {
        if (blocks.Count == 0) throw new ArgumentException("A batch holds at least one block.", nameof(blocks));
        Neighbourhoods first = blocks[0].Neighbourhoods;
        PointNet2Description network = first.Description;
        int features = blocks[0].Features.Length / blocks[0].PointCount;
        foreach (BlockTensors block in blocks)
        {
            if (block.Neighbourhoods.Levels != first.Levels || block.Features.Length != features * block.PointCount)
                throw new ArgumentException($"A block with {block.Neighbourhoods.Levels} levels and {block.Features.Length / block.PointCount} features can't join one with {first.Levels} and {features}.");
        }

        PointCount = blocks.Sum(block => block.PointCount);
        Rows = network.Task == NetworkTask.Classification ? blocks.Count : PointCount;
        Add("positions", 3, blocks, block => block.Positions);
        if (features > 0) Add("features", features, blocks, block => block.Features);
        if (network.Categories > 0) AddCategories(network.Categories, blocks);
        for (int level = 1; level <= first.Levels; level++)
        {
            int l = level;
            if (network.Levels[l - 1].All) AddAll(l, blocks);
            else AddSampled(l, blocks);
            if (network.Task == NetworkTask.Classification) continue;
            Add($"nearest_{l}", 3, l, blocks, block => block.Neighbourhoods.Nearest(l));
            Add($"weights_{l}", 3, blocks, block => block.Neighbourhoods.Weights(l));
        }
        if (network.Global is { } kinds) AddGlobal(blocks, mean: kinds.Contains(GlobalFeature.Mean));
    }

    /// <summary>Points of all blocks together.</summary>
    public int PointCount { get; }

    /// <summary>The rows of the scores: a point each, or a block each for classification.</summary>
    public int Rows { get; }

    internal IReadOnlyCollection<string> Names => _names;

    internal IReadOnlyCollection<OrtValue> Values => _values;

    /// <summary>Releases the runtime's views and gives rented arrays back.</summary>
    public void Dispose()
    {
        foreach (OrtValue value in _values) value.Dispose();
        foreach (float[] rented in _rentedFloats) ArrayPool<float>.Shared.Return(rented);
        foreach (int[] rented in _rentedInts) ArrayPool<int>.Shared.Return(rented);
        _values.Clear();
        _rentedFloats.Clear();
        _rentedInts.Clear();
    }

    private void AddSampled(int level, IReadOnlyList<BlockTensors> blocks)
    {
        Neighbourhoods first = blocks[0].Neighbourhoods;
        Add($"samples_{level}", null, level - 1, blocks, block => block.Neighbourhoods.Samples(level));
        for (int scale = 0; scale < first.ScaleCount(level); scale++)
        {
            int r = scale;
            Add($"neighbors_{level}_{r}", first.NeighborCount(level, r), level - 1, blocks, block => block.Neighbourhoods.Neighbors(level, r));
        }

        for (int among = 0; among < first.BlockCount(level); among++)
        {
            int b = among;
            Add($"neighbors_{level}_block_{b}", first.BlockNeighborCount(level, b), level, blocks, block => block.Neighbourhoods.BlockNeighbors(level, b));
        }
    }

    /// <summary>A row for each block, as long as the longest: repeating a point does not change what is largest.</summary>
    private void AddAll(int level, IReadOnlyList<BlockTensors> blocks)
    {
        int columns = blocks.Max(block => block.Neighbourhoods.PointCount(level - 1));
        int[] rented = ArrayPool<int>.Shared.Rent(blocks.Count * columns);
        _rentedInts.Add(rented);
        int shift = 0;
        for (int i = 0; i < blocks.Count; i++)
        {
            Span<int> row = rented.AsSpan(i * columns, columns);
            ReadOnlySpan<int> own = blocks[i].Neighbourhoods.Neighbors(level, 0).Span;
            TensorPrimitives.Add(own, shift, row[..own.Length]);
            row[own.Length..].Fill(shift);
            shift += own.Length;
        }
        Bind($"neighbors_{level}_0", rented.AsMemory(0, blocks.Count * columns), [blocks.Count, columns]);
    }

    /// <summary>
    /// A row for each block with all its points, as long as the longest, and the block of each point. A repeated point does not change what is largest, and has no
    /// share in a mean, whose roundings however depend on the length of the rows.
    /// </summary>
    private void AddGlobal(IReadOnlyList<BlockTensors> blocks, bool mean)
    {
        int columns = blocks.Max(block => block.PointCount);
        int length = blocks.Count * columns;
        (int[] all, int[] blockOf) = (ArrayPool<int>.Shared.Rent(length), ArrayPool<int>.Shared.Rent(PointCount));
        _rentedInts.AddRange([all, blockOf]);
        float[] shares = ArrayPool<float>.Shared.Rent(mean ? length : 0);
        if (mean) _rentedFloats.Add(shares);
        int start = 0;
        for (int i = 0; i < blocks.Count; i++)
        {
            int own = blocks[i].PointCount;
            Span<int> row = all.AsSpan(i * columns, columns);
            for (int point = 0; point < own; point++) row[point] = start + point;
            row[own..].Fill(start);
            blockOf.AsSpan(start, own).Fill(i);
            if (mean)
            {
                shares.AsSpan(i * columns, own).Fill(1f / own);
                shares.AsSpan(i * columns + own, columns - own).Clear();
            }
            start += own;
        }
        Bind("all_0", all.AsMemory(0, length), [blocks.Count, columns]);
        if (mean) Bind("all_weights_0", shares.AsMemory(0, length), [blocks.Count, columns]);
        Bind("block_0", blockOf.AsMemory(0, PointCount), [PointCount]);
    }

    private void AddCategories(int categories, IReadOnlyList<BlockTensors> blocks)
    {
        int length = PointCount * categories;
        float[] rented = ArrayPool<float>.Shared.Rent(length);
        _rentedFloats.Add(rented);
        rented.AsSpan(0, length).Clear();
        int row = 0;
        foreach (BlockTensors block in blocks)
            for (int i = 0; i < block.PointCount; i++, row++) rented[row * categories + block.Category] = 1;
        Bind("category", rented.AsMemory(0, length), [PointCount, categories]);
    }

    private void Add(string name, int columns, IReadOnlyList<BlockTensors> blocks, Func<BlockTensors, ReadOnlyMemory<float>> tensor)
    {
        Memory<float> all;
        if (blocks.Count == 1)
        {
            all = MemoryMarshal.AsMemory(tensor(blocks[0]));
        }
        else
        {
            int length = blocks.Sum(block => tensor(block).Length);
            float[] rented = ArrayPool<float>.Shared.Rent(length);
            _rentedFloats.Add(rented);
            all = rented.AsMemory(0, length);
            int position = 0;
            foreach (BlockTensors block in blocks)
            {
                ReadOnlySpan<float> own = tensor(block).Span;
                own.CopyTo(all.Span[position..]);
                position += own.Length;
            }
        }
        Bind(name, all, [all.Length / columns, columns]);
    }

    /// <param name="name">The input's name.</param>
    /// <param name="columns">The second extent, or null for a vector.</param>
    /// <param name="level">The level that the indices point into.</param>
    /// <param name="blocks">The batch.</param>
    /// <param name="tensor">Its tensor in one block.</param>
    private void Add(string name, int? columns, int level, IReadOnlyList<BlockTensors> blocks, Func<BlockTensors, Memory<int>> tensor)
    {
        Memory<int> all;
        if (blocks.Count == 1)
        {
            all = tensor(blocks[0]);
        }
        else
        {
            int length = blocks.Sum(block => tensor(block).Length);
            int[] rented = ArrayPool<int>.Shared.Rent(length);
            _rentedInts.Add(rented);
            all = rented.AsMemory(0, length);
            (int position, int shift) = (0, 0);
            foreach (BlockTensors block in blocks)
            {
                ReadOnlySpan<int> own = tensor(block).Span;
                TensorPrimitives.Add(own, shift, all.Span.Slice(position, own.Length));
                position += own.Length;
                shift += block.Neighbourhoods.PointCount(level);
            }
        }
        Bind(name, all, columns is int extent ? [all.Length / extent, extent] : [all.Length]);
    }

    private void Bind<T>(string name, Memory<T> memory, long[] shape) where T : unmanaged
    {
        _names.Add(name);
        _values.Add(OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory, shape));
    }
}
