using System.Diagnostics;
using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// Writes an input's outputs when its tiles are over. The input is decoded a second time for its coordinates and attributes,
/// which costs little beside the network and keeps memory free of them in between.
/// </summary>
internal sealed class WriteStage(
    StageMeter meter, OutputFiles outputs, int cores, Action<InputOutcome> report, CancellationToken cancellation)
{
    private const int PointsAtOnce = 1 << 18;

    /// <summary>Takes tiles in order; only the end of an input matters here.</summary>
    public static ActionBlock<TileWork> CreateGathering(ITargetBlock<CloudWork> next, CancellationToken cancel) => new(
        async tile =>
        {
            if (tile.IsEnd) await next.SendAsync(tile.Cloud, cancel);
        },
        new ExecutionDataflowBlockOptions { TaskScheduler = TaskScheduler.Current, BoundedCapacity = 4, CancellationToken = cancel });

    public ActionBlock<CloudWork> Create() => new(
        async cloud =>
        {
            IReadOnlyList<string> written = [];
            await cloud.AttemptAsync(
                meter, async () => written = await outputs.WriteAsync(cloud.Input, cloud.Header!, cloud.Labels!, cancellation));
            report(new InputOutcome(cloud.Ordinal, Summarize(cloud, written), cloud.Fault));
            cloud.Labels?.Dispose();
            cloud.Labels = null;
            cloud.Held?.Dispose();
        },
        new ExecutionDataflowBlockOptions { TaskScheduler = TaskScheduler.Current, BoundedCapacity = cores, MaxDegreeOfParallelism = cores, CancellationToken = cancellation });

    private static InputSummary Summarize(CloudWork cloud, IReadOnlyList<string> written)
    {
        double seconds = Stopwatch.GetElapsedTime(cloud.Started).TotalSeconds;
        if (cloud.Fault is { } fault)
            return new InputSummary(cloud.Input.Path, cloud.Input.Source, InputStatus.Failed) { Seconds = seconds, Error = fault.Message.ReplaceLineEndings(" ") };

        CloudLabels labels = cloud.Labels!;
        long[] counts = new long[256];
        double confidence = 0;
        long scored = 0;
        for (int first = 0; first < labels.Count; first += PointsAtOnce)
        {
            LabelRun run = labels.Read(first, Math.Min(PointsAtOnce, labels.Count - first));
            foreach (byte label in run.Label.Span) counts[label]++;
            ReadOnlySpan<byte> classId = run.ClassId.Span;
            for (int i = 0; i < classId.Length; i++)
                if (classId[i] != CloudLabels.FromSource)
                {
                    confidence += run.Confidence.Span[i];
                    scored++;
                }
        }

        return new InputSummary(cloud.Input.Path, cloud.Input.Source, cloud.Losses.Count == 0 ? InputStatus.Done : InputStatus.Partial)
        {
            Error = cloud.Losses.Count == 0 ? null : Lost(cloud.Losses),
            Points = labels.Count,
            Seconds = seconds,
            LabelCounts = Enumerable.Range(0, 256).Where(label => counts[label] > 0).ToDictionary(label => label, label => counts[label]),
            MeanConfidence = scored == 0 ? null : confidence / scored,
            Outputs = written,
        };
    }

    private static string Lost(IReadOnlyList<PointLoss> losses)
    {
        const int Named = 8;
        IEnumerable<string> first = losses.Take(Named).Select(loss =>
            $"{(loss.Chunk is { } chunk ? $"chunk {chunk}, " : "")}bytes {loss.Offset} to {loss.Offset + loss.Length}: {loss.Points} points from {loss.FirstPoint} ({loss.Problem})");
        string more = losses.Count > Named ? $"; and {losses.Count - Named} more" : "";
        return $"{losses.Sum(loss => loss.Points)} points were lost: {string.Join("; ", first)}{more}".ReplaceLineEndings(" ");
    }
}
