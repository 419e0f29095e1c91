using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// Adds up the votes of a tile's blocks, in their order, and labels the tile's core points when the last has voted.
/// </summary>
internal sealed class VoteStage(StageMeter meter, IReadOnlyList<ClassDescription> classes, ClassOptions options, RunProgress progress)
{
    /// <summary>The code of points that are left undecided.</summary>
    public const byte Unclassified = 1;

    private const int PointsAtOnce = 4096;
    private readonly bool[] _kept = KeptCodes(options.Keep);
    private readonly bool _needsHeight = classes.Any(c => c.ByHeight is not null);

    /// <summary>Takes groups in order and hands a tile on after its last.</summary>
    public ActionBlock<BlockGroup> CreateCounting(ITargetBlock<TileWork> next, CancellationToken cancellation) => new(
        async group =>
        {
            TileWork tile = group.Tile;
            if (group.Count > 0) tile.Cloud.Attempt(meter, () => Count(group));
            group.Release();
            if (group.IsLast) await next.SendAsync(tile, cancellation);
        },
        new ExecutionDataflowBlockOptions { TaskScheduler = TaskScheduler.Current, BoundedCapacity = 4, CancellationToken = cancellation });

    /// <summary>Labels tiles whose votes are complete.</summary>
    public TransformBlock<TileWork, TileWork> Create(ExecutionDataflowBlockOptions options) => new(
        tile =>
        {
            if (!tile.IsEnd) tile.Cloud.Attempt(meter, () => Label(tile));
            progress.AddPoints(tile.CoreCount, tile.Cloud.BytesPerPoint * tile.CoreCount);
            tile.Normalized?.Dispose();
            (tile.Normalized, tile.Partitioner, tile.Votes, tile.Points) = (null, null, null, null);
            tile.Held?.Dispose();
            return tile;
        },
        options);

    private void Count(BlockGroup group)
    {
        int at = 0;
        foreach (PointBlock block in group.Blocks)
        {
            int length = block.Count * classes.Count;
            group.Tile.Votes!.Add(block.ThinnedIndex, group.Probabilities.AsSpan(at, length), block.Index, group.Tile.CoreOf);
            at += length;
        }
    }

    private void Label(TileWork tile)
    {
        int[] asked = [.. Enumerable.Range(0, Math.Min(PointsAtOnce, tile.CoreCount))];
        HeldLabels some = new(asked.Length, classes.Count, keepProbabilities: true);
        for (int first = 0; first < tile.CoreCount; first += PointsAtOnce)
        {
            int count = Math.Min(PointsAtOnce, tile.CoreCount - first);
            for (int i = 0; i < count; i++) asked[i] = first + i;
            LabelInterpolation.Fill(tile.Points!, tile.Normalized!, tile.Votes!, asked.AsSpan(0, count), classes.Count, some.Probabilities);
            for (int i = 0; i < count; i++) Label(tile, first + i, some, i);
            tile.Cloud.Labels!.Put(tile.PointIndex.AsSpan(first, count), some.Read(0, count));
        }
    }

    private void Label(TileWork tile, int corePoint, HeldLabels labels, int i)
    {
        byte code = tile.Points!.Classification![corePoint];
        if (_kept[code])
        {
            labels.KeepSource(i, code);
            return;
        }

        ReadOnlySpan<float> row = labels.Probabilities.AsSpan(i * classes.Count, classes.Count);
        int best = 0;
        for (int c = 1; c < row.Length; c++)
            if (row[c] > row[best]) best = c;
        labels.ClassId[i] = (byte)best;
        labels.Confidence[i] = row[best];
        labels.Label[i] = row[best] < options.MinConfidence ? Unclassified : (byte)classes[best].Label(_needsHeight ? Height(tile, corePoint) : 0);
    }

    private static bool[] KeptCodes(IEnumerable<int> codes)
    {
        bool[] kept = new bool[256];
        foreach (int code in codes) kept[code] = true;
        return kept;
    }

    private static double Height(TileWork tile, int i) =>
        tile.Points!.Z[i] - tile.Surface.NearGround.HeightAt(tile.Points.X[i], tile.Points.Y[i]);
}
