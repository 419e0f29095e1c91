using BatchSegmenter.Inference.FusedLayers;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>The rows that the groups of a batch pass through layers, where those that repeat a neighbour are left out: the shapes of tensors do not tell them.</summary>
internal sealed class ExecutedRows
{
    private readonly Dictionary<(long Groups, long Neighbours), long> _rows;

    /// <param name="blocks">The batch.</param>
    public ExecutedRows(IReadOnlyList<BlockTensors> blocks)
    {
        var scales =
            from level in Enumerable.Range(1, blocks[0].Neighbourhoods.Levels)
            from scale in Enumerable.Range(0, blocks[0].Neighbourhoods.ScaleCount(level))
            let neighbours = blocks[0].Neighbourhoods.NeighborCount(level, scale)
            select (Groups: blocks.Sum(block => (long)block.Neighbourhoods.PointCount(level)), Neighbours: (long)neighbours,
                Rows: blocks.Sum(block => GroupedLayers.RowsOf(block.Neighbourhoods.Neighbors(level, scale).Span, block.Neighbourhoods.NeighborCount(level, scale))));
        // Scales of the same shape have the mean of theirs, so that all together have what they have.
        _rows = scales.GroupBy(it => (it.Groups, it.Neighbours)).ToDictionary(same => same.Key, same => (long)same.Average(it => it.Rows));
    }

    /// <summary>The rows of a node whose neighbours have a shape; all of them where no scale has it.</summary>
    /// <param name="neighbours">[groups, neighbours].</param>
    public long Of(long[] neighbours) => _rows.GetValueOrDefault((neighbours[0], neighbours[^1]), neighbours[0] * neighbours[^1]);
}
