using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.OutOfCore;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>Thins and measures tiles, side by side, and lists the blocks that cover their cores.</summary>
internal sealed class NormalizeStage(StageMeter meter, InputDescription input, int classes, int parallelism, MemoryBudget budget)
{
    // The tile is one unit of work among several; within it, threads help as far as there are cores to spare.
    private readonly BlockNormalizer _normalizer = new(input, parallelism);
    private readonly SpareBlocks _spare = new();

    public TransformBlock<TileWork, TileWork> Create(ExecutionDataflowBlockOptions options) => new(
        tile =>
        {
            if (!tile.IsEnd) tile.Cloud.Attempt(meter, () => Normalize(tile));
            return tile;
        },
        options);

    private void Normalize(TileWork tile)
    {
        NormalizedTile normalized = _normalizer.Normalize(tile.Points!, tile.Surface);
        tile.Normalized = normalized;
        tile.Partitioner = new BlockPartitioner(input, normalized.Thinned, _spare);
        tile.Cores = tile.Partitioner.Cores(Asked(tile));
        tile.CoreOf = new int[normalized.Thinned.Count];
        Array.Fill(tile.CoreOf, -1);
        for (int block = 0; block < tile.Cores.Count; block++)
            foreach (int thinned in tile.Cores[block]) tile.CoreOf[thinned] = block;
        tile.Votes = new LabelVotes(normalized.Thinned.Count, classes);
        tile.Held?.ReduceTo(budget.OfTile(tile.Points!.Count, normalized.Thinned.Count));
        budget.Trim();
    }

    /// <summary>
    /// The thinned points that must be scored: those whose voxel has a core point. A core point at the border may have nearer thinned points
    /// in the halo; the context of blocks reaches those.
    /// </summary>
    private static int[] Asked(TileWork tile)
    {
        bool[] asked = new bool[tile.Normalized!.Thinned.Count];
        for (int i = 0; i < tile.CoreCount; i++) asked[tile.Normalized.VoxelOf[i]] = true;
        int[] indices = new int[asked.AsSpan().Count(true)];
        for (int i = 0, count = 0; count < indices.Length; i++)
            if (asked[i]) indices[count++] = i;
        return indices;
    }
}
