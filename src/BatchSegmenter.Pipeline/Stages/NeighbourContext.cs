using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// What the neighbours of one input add to it: their points within the margin around its own, and of the points farther off what their signals tell.
/// A neighbour counts only when all of it was read.
/// </summary>
/// <param name="around">What lies around the input.</param>
/// <param name="crs">The reference system, the same for all.</param>
/// <param name="attributes">The attributes of points.</param>
/// <param name="visibility">Hidden points are no context.</param>
internal sealed class NeighbourContext(Surroundings around, CoordinateReferenceSystem crs, PointAttributes attributes, PointVisibility visibility) : IDisposable
{
    private readonly SurroundingArea _area = new(Math.Max(around.Margin, 1));
    private readonly SignalTally _pending = new();
    private PointColumns? _held = new(0, attributes);
    private SpilledCloud? _spilled;
    private int[] _near = [];
    private int _whole;

    /// <summary>Points kept.</summary>
    public int Count { get; private set; }

    /// <summary>Signals of the neighbours' visible points that are not kept.</summary>
    public SignalTally Beyond { get; } = new();

    /// <summary>Marks where the input's own points are; all of them come before the first of a neighbour.</summary>
    public void AddOwn(PointColumns points)
    {
        if (around.Inputs.Count == 0) return;
        for (int i = 0; i < points.Count; i++) _area.Add(points.X[i] * crs.HorizontalUnit, points.Y[i] * crs.HorizontalUnit);
    }

    /// <summary>Takes a run of a neighbour; with its last the neighbour counts, or, where it was lost on the way, is forgotten.</summary>
    public void Add(PointColumns points, NeighbourRun run)
    {
        if (_near.Length < points.Count) _near = new int[points.Count];
        int near = 0;
        for (int i = 0; i < points.Count; i++)
        {
            if (!visibility.IsShown(points, i)) continue;
            (double x, double y) = (points.X[i] * crs.HorizontalUnit, points.Y[i] * crs.HorizontalUnit);
            if (around.Reach.Contains(x, y) && _area.Contains(x, y)) _near[near++] = i;
            else _pending.Add(points, i);
        }

        Keep(points, _near.AsSpan(0, near));
        if (!run.IsLast) return;
        if (run.IsLost) Forget();
        else
        {
            Beyond.Add(_pending);
            if (run.Others is not null) Beyond.Add(run.Others);
        }

        _pending.Clear();
        _whole = Count;
    }

    /// <summary>Keeps points in a scratch file from now on.</summary>
    public void MoveTo(ScratchFile file)
    {
        _spilled = new SpilledCloud(file, attributes);
        _spilled.Append(_held!);
        _held = null;
    }

    /// <summary>The visible points kept, run by run, in the survey's frame; a run is valid until the next.</summary>
    public IEnumerable<PointColumns> Runs(SurveyFrame frame)
    {
        PointColumns seen = new(0, attributes);
        foreach (PointColumns run in _spilled is not null ? _spilled.Runs().Select(run => run.Points) : Copy(_held!))
        {
            frame.ToLocal(run, 0, run.Count);
            seen.Count = 0;
            seen.Append(run, visibility.Visible(run, frame.Middle));
            yield return seen;
        }
    }

    /// <summary>Gives memory and the scratch file back; <see cref="Count"/> and <see cref="Beyond"/> stay.</summary>
    public void Dispose()
    {
        _held = null;
        _spilled?.Dispose();
    }

    private static IEnumerable<PointColumns> Copy(PointColumns held)
    {
        const int PointsAtOnce = 1 << 16;
        PointColumns run = new(Math.Min(PointsAtOnce, held.Count), held.Attributes);
        for (int first = 0; first < held.Count; first += PointsAtOnce)
        {
            run.Count = 0;
            run.Append(held, first, Math.Min(PointsAtOnce, held.Count - first));
            yield return run;
        }
    }

    private void Keep(PointColumns points, ReadOnlySpan<int> near)
    {
        Count = checked(Count + near.Length);
        if (_held is not null)
        {
            _held.Append(points, near);
            return;
        }

        PointColumns kept = new(near.Length, attributes);
        kept.Append(points, near);
        _spilled!.Append(kept);
    }

    private void Forget()
    {
        Count = _whole;
        if (_held is not null) _held.Count = _whole;
        _spilled?.Truncate(_whole);
    }
}
