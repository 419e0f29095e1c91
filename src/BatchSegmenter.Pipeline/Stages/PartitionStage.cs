using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.OutOfCore;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// Gathers the points of an input, measures it as a whole (spacing, ground, intensity) and cuts it into tiles with halos. The only
/// stage that knows an input's points all at once, in memory or, where the budget does not hold them, in scratch files; what follows knows
/// tiles. A tile is made when the budget has room for it.
/// </summary>
internal sealed class PartitionStage(
    ITargetBlock<TileWork> next, StageMeter meter, ModelDescription model, SegmentationOptions options, MemoryBudget budget, ByteGate tileGate,
    ScratchFolder scratch, Action<CloudWork, string> warn, CancellationToken cancellation)
{
    private readonly PointVisibility _visibility = new(options.Classes.Exclude, options.Classes.ExcludeWithheld);
    private readonly bool _keepsProbabilities = options.Write.Points is { Probabilities: true } or { Entropy: true };
    private PointColumns? _gathered;
    private SpilledInput? _spilled;
    private NeighbourContext? _context; // where files give each other halos

    public ActionBlock<PointRun> Create() => new(
        AcceptAsync, new ExecutionDataflowBlockOptions { TaskScheduler = TaskScheduler.Current, BoundedCapacity = 2, CancellationToken = cancellation });

    private async Task AcceptAsync(PointRun run)
    {
        CloudWork cloud = run.Cloud;
        cloud.Attempt(meter, () => Gather(run));
        if (!run.IsLast) return;

        using (SpilledInput? spilled = _spilled)
        using (NeighbourContext? context = _context)
        {
            IEnumerable<PlannedTile> tiles = [];
            using (await tileGate.AcquireAsync(cloud.Fault is null ? MemoryBudget.OfSurvey(cloud.Header!) : 0, cancellation))
            {
                budget.Trim(cloud.Fault is null ? MemoryBudget.OfSurvey(cloud.Header!) : 0);
                cloud.Attempt(meter, () => tiles = spilled is null ? Partition(cloud, _gathered!, context) : Partition(cloud, spilled, context));
            }

            (_gathered, _spilled, _context) = (null, null, null);
            if (budget.Excess(tiles.Select(tile => tile.Points).DefaultIfEmpty().Max()) is { } excess) warn(cloud, excess);
            foreach (PlannedTile planned in tiles)
            {
                ByteGate.HeldBytes held = await tileGate.AcquireAsync(budget.OfTile(planned.Points), cancellation);
                budget.Trim(budget.OfTile(planned.Points));
                TileWork? tile = null;
                cloud.Attempt(meter, () => tile = planned.Make());
                if (tile is null)
                {
                    held.Dispose();
                    break;
                }

                tile.Held = held;
                await next.SendAsync(tile, cancellation);
            }
        }

        if (cloud.Labels is HeldLabels labels) cloud.Held?.ReduceTo(budget.OfLabels(labels.Count));
        await next.SendAsync(new TileWork(cloud, isEnd: true), cancellation);
    }

    private void Gather(PointRun run)
    {
        CloudWork cloud = run.Cloud;
        if (_gathered is null && _spilled is null)
        {
            long points = cloud.Header!.PointCount;
            if (cloud.Around is not null) _context = new NeighbourContext(cloud.Around, cloud.Header.Crs, run.Points.Attributes, _visibility);
            if (budget.Holds(cloud.RoomFor)) _gathered = new PointColumns((int)Math.Min(points, 1 << 24), run.Points.Attributes);
            else Spill(cloud, run.Points.Attributes);
        }

        if (run.Neighbour is { } neighbour)
        {
            _context!.Add(run.Points, neighbour);
            if (_gathered is not null && IsTooMuch(_gathered.Count + (long)_context.Count, cloud)) Spill(cloud, run.Points.Attributes);
            return;
        }

        _gathered?.Append(run.Points);
        _spilled?.Append(run.Points);
        _context?.AddOwn(run.Points);
        run.Spare?.Enqueue(run.Points);
    }

    // Headers tell what to expect around an input, but not how it lies there. One input is gathered at a time, so what it takes beyond its share stays small.
    private bool IsTooMuch(long points, CloudWork cloud) => points > cloud.RoomFor && !budget.Holds(2 * points);

    private void Spill(CloudWork cloud, PointAttributes attributes)
    {
        _spilled = SpilledInput.Begin(scratch, cloud.RoomFor, attributes, model.Classes.Count, _keepsProbabilities);
        if (_gathered is not null) _spilled.Append(_gathered);
        _gathered = null;
        _context?.MoveTo(scratch.Create("context"));
    }

    private IEnumerable<PlannedTile> Partition(CloudWork cloud, PointColumns points, NeighbourContext? context)
    {
        cloud.Labels = new HeldLabels(points.Count, model.Classes.Count, _keepsProbabilities);
        if (points.Count == 0) return [];

        SurveyFrame frame = Frame(SurveyFrame.Around(points, cloud.Header!.Crs));
        frame.ToLocal(points, 0, points.Count);
        int[] visible = _visibility.Visible(points, frame.Middle);
        KeepHidden(cloud.Labels, points, visible, 0);
        PointColumns seen = points; // nearly always all that there is
        if (visible.Length < points.Count || context is { Count: > 0 })
        {
            seen = new PointColumns(visible.Length + (context?.Count ?? 0), points.Attributes);
            seen.Append(points, visible);
            foreach (PointColumns around in context?.Runs(frame) ?? []) seen.Append(around);
        }

        context?.Dispose();
        TileGrid grid = Survey(cloud, SurveySurface.Measure(seen.Count, () => [seen], context?.Beyond), context);
        return grid.Cut(seen.X.AsSpan(0, seen.Count), seen.Y.AsSpan(0, seen.Count), visible.Length).Select(
            tile => new PlannedTile(tile.Core.Length + tile.Halo.Length, () => Tile(cloud, seen, visible, tile.Core, tile.Halo)));
    }

    private IEnumerable<PlannedTile> Partition(CloudWork cloud, SpilledInput input, NeighbourContext? context)
    {
        cloud.Labels = input.Labels();
        SurveyFrame frame = Frame(SurveyFrame.Around(input.Points.Count, input.Points.PlanAt, cloud.Header!.Crs));
        PointColumns seen = new(0, input.Attributes);
        TileGrid grid = Survey(cloud, input.Keep(SurveySurface.Measure(input.Points.Count + (long)(context?.Count ?? 0), () => Runs().Select(run =>
        {
            seen.Count = 0;
            seen.Append(run.Points, run.Visible);
            return seen;
        }).Concat(Context()), context?.Beyond)), context);

        SpilledTiles tiles = input.Tiles(grid, cloud.Surface!);
        foreach ((int first, PointColumns points, int[] visible) in Runs())
        {
            KeepHidden(cloud.Labels, points, visible, first);
            tiles.Add(points, visible, first);
        }

        foreach (PointColumns around in Context()) tiles.AddContext(around);
        input.Points.Dispose();
        context?.Dispose();
        return tiles.Tiles().Select(tile => new PlannedTile(tile.Points, () =>
        {
            (PointColumns points, int[] index, SurveySurface surface) = input.Read(tile.Tile);
            if (options.Tiles.AcrossFiles) HaloOrder.Sort(points, index.Length);
            return new TileWork(cloud, isEnd: false) { Points = points, PointIndex = index, Surface = surface };
        }));

        IEnumerable<(int First, PointColumns Points, int[] Visible)> Runs()
        {
            foreach ((int first, PointColumns points) in input.Points.Runs())
            {
                cancellation.ThrowIfCancellationRequested();
                frame.ToLocal(points, 0, points.Count);
                yield return (first, points, _visibility.Visible(points, frame.Middle));
            }
        }

        IEnumerable<PointColumns> Context()
        {
            foreach (PointColumns around in context?.Runs(frame) ?? [])
            {
                cancellation.ThrowIfCancellationRequested();
                yield return around;
            }
        }
    }

    private SurveyFrame Frame(SurveyFrame own) => options.Tiles.AcrossFiles ? own.InCommon() : own;

    private TileGrid Survey(CloudWork cloud, SurveySurface surface, NeighbourContext? context)
    {
        cloud.Surface = surface;
        cloud.BytesPerPoint = (double)cloud.Input.Bytes / Math.Max(1, surface.Points - (context?.Count ?? 0));
        foreach (string warning in InputFit.Warnings(model, cloud.Header!.Crs, surface)) warn(cloud, warning);
        return options.Tiles.AcrossFiles
            ? TileGrid.AcrossFiles(surface.Spacing, model.Input, options.Tiles.Edge, options.Tiles.Halo)
            : TileGrid.For(surface.Spacing, model.Input, options.Tiles.Edge, options.Tiles.Halo);
    }

    private TileWork Tile(CloudWork cloud, PointColumns seen, int[] visible, int[] core, int[] halo)
    {
        // The only tile of its survey takes the survey's columns as they are: both list points in ascending order.
        if (core.Length == seen.Count) return new TileWork(cloud, isEnd: false) { Points = seen, PointIndex = visible };
        PointColumns points = new(core.Length + halo.Length, seen.Attributes);
        points.Append(seen, core);
        points.Append(seen, halo);
        if (options.Tiles.AcrossFiles) HaloOrder.Sort(points, core.Length);
        return new TileWork(cloud, isEnd: false) { Points = points, PointIndex = Array.ConvertAll(core, i => visible[i]) };
    }

    /// <summary>Points that the network does not see keep the source's class.</summary>
    private static void KeepHidden(CloudLabels labels, PointColumns points, int[] visible, int first)
    {
        int next = 0;
        for (int i = 0; i < points.Count; i++)
        {
            if (next < visible.Length && visible[next] == i) next++;
            else labels.KeepSource(first + i, points.Classification![i]);
        }
    }

    /// <summary>A tile that is made when there is room for it.</summary>
    private readonly record struct PlannedTile(int Points, Func<TileWork> Make);
}
