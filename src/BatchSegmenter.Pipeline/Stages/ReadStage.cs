using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>A run of decoded points of one input, in file order and coordinates.</summary>
/// <param name="Cloud">The input.</param>
/// <param name="Points">Decoded points; empty where the input failed.</param>
/// <param name="IsLast">Whether the input ends with it.</param>
/// <param name="Neighbour">Set where the points are those of a neighbouring input, which come after all of its own.</param>
/// <param name="Spare">Takes the columns back once they are gathered, so that they hold a later run; null where nobody waits for them.</param>
internal sealed record PointRun(CloudWork Cloud, PointColumns Points, bool IsLast, NeighbourRun? Neighbour = null, ConcurrentQueue<PointColumns>? Spare = null);

/// <summary>A run of decoded points of a neighbour of the input.</summary>
/// <param name="IsLast">Whether the neighbour ends with it.</param>
/// <param name="IsLost">Whether it ends because it cannot be read.</param>
/// <param name="Others">With the last run, the signals of the neighbour's visible points that no run has, since they are too far off.</param>
internal sealed record NeighbourRun(bool IsLast, bool IsLost, SignalTally? Others = null);

/// <summary>Decodes inputs one after the other, each as soon as memory is free for it, and hands their points on run by run, as fast as the next stage takes them.</summary>
internal static class ReadStage
{
    internal const int PointsPerRun = 1 << 19;

    /// <summary>The attributes that labelling needs.</summary>
    public static PointAttributes Needed(InputDescription input) =>
        PointAttributes.Intensity | PointAttributes.ReturnNumber | PointAttributes.NumberOfReturns | PointVisibility.Attributes
        | (input.Features.Any(feature => BlockFeatures.OfColor.Contains(feature.Name)) ? PointAttributes.Color : PointAttributes.None);

    public static ActionBlock<CloudWork> Create(ITargetBlock<PointRun> next, StageMeter meter, PointAttributes needed,
        Func<SegmentationInput, PointCloudReader> open, Action<CloudWork, string> remark,
        Func<long, Task<ByteGate.HeldBytes>> admit, CancellationToken cancellation, NeighbourReading? neighbours = null) => new(
        async cloud =>
        {
            cloud.Started = Stopwatch.GetTimestamp();
            PointCloudReader? reader = null;
            cloud.Attempt(meter, () =>
            {
                reader = open(cloud.Input);
                cloud.Header = reader.Header;
                foreach (string text in reader.Header.Remarks) remark(cloud, text);
                Refuse(reader.Header);
                neighbours?.LookAround(cloud);
            });
            using (reader)
            {
                if (cloud.Fault is null) cloud.Held = await admit(cloud.RoomFor);
                ConcurrentQueue<PointColumns> spare = []; // of this input alone: nothing is held between inputs
                while (true)
                {
                    if (spare.TryDequeue(out PointColumns? points)) points.Count = 0;
                    else points = new PointColumns(0, needed);
                    cloud.Attempt(meter, () =>
                    {
                        points.EnsureCapacity((int)Math.Min(PointsPerRun, reader!.Remaining));
                        while (points.Count < PointsPerRun && reader.Read(points, PointsPerRun - points.Count) > 0) { }
                        cloud.Losses = reader.Losses;
                    });
                    bool isOver = cloud.Fault is not null || points.Count < PointsPerRun || reader!.Remaining == 0;
                    bool isLast = isOver && (cloud.Fault is not null || cloud.Around is not { Inputs.Count: > 0 });
                    await next.SendAsync(new PointRun(cloud, points, isLast, Spare: spare), cancellation);
                    if (isLast) return;
                    if (isOver) break;
                }
            }

            await neighbours!.ReadAsync(cloud, next, cancellation);
        },
        new ExecutionDataflowBlockOptions { TaskScheduler = TaskScheduler.Current, BoundedCapacity = 1, CancellationToken = cancellation });

    /// <summary>Refuses what cannot be labelled, as its header tells.</summary>
    /// <exception cref="InputRefusedException">Coordinates are degrees, or there are more points than can be counted.</exception>
    internal static void Refuse(PointCloudHeader header)
    {
        if (header.Crs.Kind is CrsKind.Geographic)
            throw new InputRefusedException(
                $"coordinates are geographic (EPSG {header.Crs.Epsg?.ToString() ?? "unknown"}, degrees), but the network needs lengths: reproject the file to a projected CRS");
        if (header.PointCount > int.MaxValue)
            throw new InputRefusedException($"{header.PointCount} points are more than one input can have ({int.MaxValue}): cut the file into tiles");
    }
}
