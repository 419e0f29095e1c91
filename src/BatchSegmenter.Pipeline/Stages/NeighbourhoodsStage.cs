using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>Cuts tiles into groups of blocks and computes what the network reads of each, on all cores.</summary>
/// <param name="meter">Measures the stage.</param>
/// <param name="architecture">What neighbourhoods are computed for; null where the network computes them itself.</param>
/// <param name="blocksPerGroup">Blocks that go through the network in one run.</param>
internal sealed class NeighbourhoodsStage(StageMeter meter, PointNet2Description? architecture, int blocksPerGroup)
{
    /// <summary>Names the groups of a tile, in order; a tile without blocks gives one empty group.</summary>
    public ActionBlock<TileWork> CreateGrouping(ITargetBlock<BlockGroup> next, CancellationToken cancellation) => new(
        async tile =>
        {
            int blocks = tile.Cloud.Fault is null ? tile.Cores.Count : 0;
            int first = 0;
            do
            {
                int count = Math.Min(blocksPerGroup, blocks - first);
                await next.SendAsync(new BlockGroup(tile, first, count, first + count == blocks), cancellation);
                first += count;
            }
            while (first < blocks);
        },
        new ExecutionDataflowBlockOptions { TaskScheduler = TaskScheduler.Current, BoundedCapacity = 1, CancellationToken = cancellation });

    /// <summary>Fills groups.</summary>
    public TransformBlock<BlockGroup, BlockGroup> Create(ExecutionDataflowBlockOptions options) => new(
        group =>
        {
            if (group.Count > 0) group.Tile.Cloud.Attempt(meter, () => Fill(group));
            return group;
        },
        options);

    private void Fill(BlockGroup group)
    {
        for (int i = 0; i < group.Count; i++)
        {
            group.Blocks[i] = group.Tile.Partitioner!.Around(group.First + i, group.Tile.Cores[group.First + i]);
            if (architecture is not null) group.Neighbourhoods[i] = Neighbourhoods.Compute(group.Blocks[i].Positions, architecture);
        }
    }
}
