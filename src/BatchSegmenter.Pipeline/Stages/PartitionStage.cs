using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// Gathers the points of an input, measures it as a whole (spacing, ground, intensity) and cuts it into tiles with halos. The only
/// stage that holds an input's points all at once; what follows knows tiles.
/// </summary>
internal sealed class PartitionStage(
    ITargetBlock<TileWork> next, StageMeter meter, ModelDescription model, SegmentationOptions options,
    Action<CloudWork, string> warn, CancellationToken cancellation)
{
    private readonly PointVisibility _visibility = new(options.Classes.Exclude, options.Classes.ExcludeWithheld);
    private readonly bool[] _kept = KeptCodes(options.Classes.Keep);
    private PointColumns? _gathered;

    public ActionBlock<PointRun> Create() => new(
        AcceptAsync, new ExecutionDataflowBlockOptions { TaskScheduler = TaskScheduler.Current, BoundedCapacity = 2, CancellationToken = cancellation });

    private async Task AcceptAsync(PointRun run)
    {
        CloudWork cloud = run.Cloud;
        cloud.Attempt(meter, () => Gather(run));
        if (!run.IsLast) return;

        IEnumerable<TileWork> tiles = [];
        cloud.Attempt(meter, () => tiles = Partition(cloud, _gathered!));
        _gathered = null;

        using IEnumerator<TileWork> remaining = tiles.GetEnumerator();
        while (true)
        {
            TileWork? tile = null;
            cloud.Attempt(meter, () => tile = remaining.MoveNext() ? remaining.Current : null);
            if (tile is null) break;
            await next.SendAsync(tile, cancellation);
        }

        await next.SendAsync(new TileWork(cloud, isEnd: true), cancellation);
    }

    private void Gather(PointRun run)
    {
        _gathered ??= new PointColumns(checked((int)Math.Min(run.Cloud.Header!.PointCount, 1 << 24)), run.Points.Attributes);
        _gathered.Append(run.Points);
    }

    private IEnumerable<TileWork> Partition(CloudWork cloud, PointColumns points)
    {
        cloud.Labels = new CloudLabels(points.Count, model.Classes.Count, options.Write.Points is { Probabilities: true } or { Entropy: true });
        if (points.Count == 0) return [];

        SurveyFrame.Around(points, cloud.Header!.Crs).ToLocal(points, 0, points.Count);
        int[] visible = _visibility.Visible(points);
        KeepHidden(cloud.Labels, points, visible);
        PointColumns seen = new(visible.Length, points.Attributes);
        seen.Append(points, visible);
        cloud.BytesPerPoint = (double)cloud.Input.Bytes / Math.Max(1, visible.Length);
        cloud.Surface = SurveySurface.Measure(seen);
        foreach (string warning in InputFit.Warnings(model, cloud.Header.Crs, cloud.Surface)) warn(cloud, warning);
        TileGrid grid = TileGrid.For(cloud.Surface.Spacing, model.Input, options.Tiles.Edge, options.Tiles.Halo);
        return grid.Cut(seen.X.AsSpan(0, seen.Count), seen.Y.AsSpan(0, seen.Count)).Select(tile => Tile(cloud, seen, visible, tile.Core, tile.Halo));
    }

    private static TileWork Tile(CloudWork cloud, PointColumns seen, int[] visible, int[] core, int[] halo)
    {
        PointColumns points = new(core.Length + halo.Length, seen.Attributes);
        points.Append(seen, core);
        points.Append(seen, halo);
        return new TileWork(cloud, isEnd: false) { Points = points, PointIndex = Array.ConvertAll(core, i => visible[i]) };
    }

    /// <summary>Points that the network does not see keep the source's class, and so do those of the codes to keep.</summary>
    private void KeepHidden(CloudLabels labels, PointColumns points, int[] visible)
    {
        int next = 0;
        for (int i = 0; i < points.Count; i++)
        {
            bool isVisible = next < visible.Length && visible[next] == i;
            if (isVisible) next++;
            byte code = points.Classification![i];
            if (!isVisible || _kept[code]) labels.KeepSource(i, code);
            else labels.Await(i);
        }
    }

    private static bool[] KeptCodes(IEnumerable<int> codes)
    {
        bool[] kept = new bool[256];
        foreach (int code in codes) kept[code] = true;
        return kept;
    }
}
