using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// Gives the neighbours of an input, run by run, after the input itself: of each its points that anybody beside it may see, and the signals of the others. A neighbour is decoded
/// when the first input beside it asks, and kept for the next ones (<see cref="NeighbourStrips"/>). One that cannot be read is no context and does not fail the input; a store that does
/// not answer fails it, as it would any other.
/// </summary>
/// <param name="neighbours">Who lies beside whom.</param>
/// <param name="open">Opens a neighbour.</param>
/// <param name="needed">The attributes that labelling needs.</param>
/// <param name="visibility">Hidden points are no context.</param>
/// <param name="strips">What was decoded already.</param>
/// <param name="meter">That of the read stage.</param>
/// <param name="warn">Told what a user should know of an input.</param>
internal sealed class NeighbourReading(
    SurveyNeighbours neighbours, Func<SegmentationInput, PointCloudReader> open, PointAttributes needed, PointVisibility visibility, NeighbourStrips strips, StageMeter meter, Action<CloudWork, string> warn)
{
    /// <summary>Finds the neighbours of an input.</summary>
    public void LookAround(CloudWork cloud)
    {
        cloud.Around = neighbours.Of(cloud.Input);
        if (cloud.Around.Warning is { } warning) warn(cloud, warning);
    }

    /// <summary>Hands the points of all neighbours on; the last run ends the input.</summary>
    public async Task ReadAsync(CloudWork cloud, ITargetBlock<PointRun> next, CancellationToken cancellation)
    {
        IReadOnlyList<SegmentationInput> inputs = cloud.Around!.Inputs;
        for (int i = 0; i < inputs.Count; i++)
        {
            using IEnumerator<Part> parts = (strips.Find(inputs[i]) is { } strip ? Parts(strip) : Parts(inputs[i])).GetEnumerator();
            while (true)
            {
                Part part = new(new PointColumns(0, needed), IsLast: true);
                cloud.Attempt(meter, () => part = Next(cloud, inputs[i], parts));
                bool ends = cloud.Fault is not null || (part.IsLast && i == inputs.Count - 1);
                await next.SendAsync(new PointRun(cloud, part.Points, ends, new NeighbourRun(part.IsLast, part.IsLost, part.Others)), cancellation);
                if (ends) return;
                if (part.IsLast) break;
            }
        }
    }

    private Part Next(CloudWork cloud, SegmentationInput neighbour, IEnumerator<Part> parts)
    {
        try
        {
            parts.MoveNext();
            return parts.Current;
        }
        catch (Exception fault) when (fault is ObjectChangedException or not (OperationCanceledException or RunStoppedException or StorageException or OutOfMemoryException))
        {
            Lose(cloud, neighbour, fault);
            return new(new PointColumns(0, needed), IsLast: true, IsLost: true);
        }
    }

    /// <summary>What is kept of a neighbour.</summary>
    private IEnumerable<Part> Parts(NeighbourStrip strip)
    {
        for (int first = 0; ; first += ReadStage.PointsPerRun)
        {
            PointColumns points = new(0, needed);
            strip.Read(first, ReadStage.PointsPerRun, points);
            bool isLast = strip.Count - first <= ReadStage.PointsPerRun;
            yield return new(points, isLast, Others: isLast ? strip.Others() : null);
            if (isLast) yield break;
        }
    }

    /// <summary>A neighbour decoded, which is kept where there is room for it.</summary>
    private IEnumerable<Part> Parts(SegmentationInput neighbour)
    {
        using PointCloudReader reader = open(neighbour);
        IReadOnlyList<PlanBox> reaches = neighbours.ReachesOver(neighbour);
        SignalTally others = new();
        NeighbourStrip? strip = strips.Begin();
        try
        {
            PointColumns decoded = new(0, needed);
            for (bool isLast = false; !isLast;)
            {
                decoded.Count = 0;
                decoded.EnsureCapacity((int)Math.Min(ReadStage.PointsPerRun, reader.Remaining));
                while (decoded.Count < ReadStage.PointsPerRun && reader.Read(decoded, ReadStage.PointsPerRun - decoded.Count) > 0) { }
                isLast = decoded.Count < ReadStage.PointsPerRun || reader.Remaining == 0;
                if (isLast) neighbour.RequireUnchanged();
                PointColumns points = Within(reaches, decoded, reader.Header.Crs.HorizontalUnit, others);
                strip?.Append(points);
                if (isLast) strip?.Complete(others);
                if (strip is not null && !strips.MakeRoom(strip))
                {
                    strip.Dispose();
                    strip = null;
                }

                if (isLast && strip is not null) strips.Keep(neighbour, strip);
                if (isLast) strip = null;
                yield return new(points, isLast, Others: isLast ? others : null);
            }
        }
        finally
        {
            strip?.Dispose();
        }
    }

    /// <summary>The visible points that somebody beside may see; the signals of other visible ones are added up.</summary>
    private PointColumns Within(IReadOnlyList<PlanBox> reaches, PointColumns decoded, double unit, SignalTally others)
    {
        int[] near = new int[decoded.Count];
        int count = 0;
        for (int i = 0; i < decoded.Count; i++)
        {
            if (!visibility.IsShown(decoded, i)) continue;
            (double x, double y) = (decoded.X[i] * unit, decoded.Y[i] * unit);
            bool isNear = false;
            for (int box = 0; box < reaches.Count && !isNear; box++) isNear = reaches[box].Contains(x, y);
            if (isNear) near[count++] = i;
            else others.Add(decoded, i);
        }

        PointColumns points = new(count, needed);
        points.Append(decoded, near.AsSpan(0, count));
        return points;
    }

    // What is damaged stays so until the file changes, which the ledger's key tells; what could not be reached may be there the next time.
    private void Lose(CloudWork cloud, SegmentationInput neighbour, Exception fault)
    {
        bool mayPass = fault is IOException or UnauthorizedAccessException;
        if (mayPass) cloud.MissesNeighbour = true;
        string problem = (fault is PointCloudException bad ? bad.Problem : fault.Message).ReplaceLineEndings(" ");
        warn(cloud, $"its neighbour {neighbour.Path} is no context, since it cannot be read{(mayPass ? " now; the next run does this input again" : "")}: {problem}");
    }

    /// <summary>Some points of a neighbour.</summary>
    private readonly record struct Part(PointColumns Points, bool IsLast, bool IsLost = false, SignalTally? Others = null);
}
