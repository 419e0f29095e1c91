using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// Decodes the neighbours of an input, run by run, after the input itself. One that cannot be read is no context and does not fail the input; a store that does not answer
/// fails it, as it would any other.
/// </summary>
/// <param name="neighbours">Who lies beside whom.</param>
/// <param name="open">Opens a neighbour.</param>
/// <param name="needed">The attributes that labelling needs.</param>
/// <param name="meter">That of the read stage.</param>
/// <param name="warn">Told what a user should know of an input.</param>
internal sealed class NeighbourReading(
    SurveyNeighbours neighbours, Func<SegmentationInput, PointCloudReader> open, PointAttributes needed, StageMeter meter, Action<CloudWork, string> warn)
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
            if (await ReadAsync(cloud, inputs[i], i == inputs.Count - 1, next, cancellation)) return;
    }

    /// <returns>Whether the input is over.</returns>
    private async Task<bool> ReadAsync(CloudWork cloud, SegmentationInput neighbour, bool isLast, ITargetBlock<PointRun> next, CancellationToken cancellation)
    {
        PointCloudReader? reader = null;
        try
        {
            while (true)
            {
                bool isLost = false;
                PointColumns points = new(0, needed);
                cloud.Attempt(meter, () =>
                {
                    try
                    {
                        reader ??= open(neighbour);
                        points.EnsureCapacity((int)Math.Min(ReadStage.PointsPerRun, reader.Remaining));
                        while (points.Count < ReadStage.PointsPerRun && reader.Read(points, ReadStage.PointsPerRun - points.Count) > 0) { }
                        if (points.Count < ReadStage.PointsPerRun || reader.Remaining == 0) neighbour.RequireUnchanged();
                    }
                    catch (Exception fault) when (fault is ObjectChangedException or not (OperationCanceledException or RunStoppedException or StorageException or OutOfMemoryException))
                    {
                        isLost = true;
                        Lose(cloud, neighbour, fault);
                    }
                });
                bool isOver = cloud.Fault is not null || isLost || points.Count < ReadStage.PointsPerRun || reader!.Remaining == 0;
                bool ends = cloud.Fault is not null || (isOver && isLast);
                await next.SendAsync(new PointRun(cloud, points, ends, new NeighbourRun(isOver, isLost)), cancellation);
                if (isOver) return ends;
            }
        }
        finally
        {
            reader?.Dispose();
        }
    }

    // What is damaged stays so until the file changes, which the ledger's key tells; what could not be reached may be there the next time.
    private void Lose(CloudWork cloud, SegmentationInput neighbour, Exception fault)
    {
        bool mayPass = fault is IOException or UnauthorizedAccessException;
        if (mayPass) cloud.MissesNeighbour = true;
        string problem = (fault is PointCloudException bad ? bad.Problem : fault.Message).ReplaceLineEndings(" ");
        warn(cloud, $"its neighbour {neighbour.Path} is no context, since it cannot be read{(mayPass ? " now; the next run does this input again" : "")}: {problem}");
    }
}
