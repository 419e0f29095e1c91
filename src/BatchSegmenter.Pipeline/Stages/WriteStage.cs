using System.Diagnostics;
using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Writers;
using Polly;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// Writes an input's outputs when its tiles are over. The input is decoded a second time for its coordinates and attributes,
/// which costs little beside the network and keeps memory free of them in between.
/// </summary>
internal sealed class WriteStage(
    StageMeter meter, OutputFiles outputs, int cores, RunJournal? journal, ResiliencePipeline retry, MemoryBudget budget, Action<CloudWork, InputOutcome> report, CancellationToken cancellation)
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
            InputSummary? summary = null;
            await cloud.AttemptAsync(meter, async () => summary = await WriteAsync(cloud));
            InputOutcome outcome = new(cloud.Ordinal, summary ?? Failed(cloud), summary is null ? cloud.Fault : null);
            cloud.Labels?.Dispose();
            cloud.Labels = null;
            cloud.Held?.Dispose();
            report(cloud, outcome);
        },
        new ExecutionDataflowBlockOptions { TaskScheduler = TaskScheduler.Current, BoundedCapacity = cores, MaxDegreeOfParallelism = cores, CancellationToken = cancellation });

    private async Task<InputSummary> WriteAsync(CloudWork cloud)
    {
        IReadOnlyList<CommittedOutput> written = [];
        await retry.ExecuteAsync(
            async _ =>
            {
                if (journal is not null) await journal.CheckOutputAsync(cloud.Cancellation);
                written = await outputs.WriteAsync(
                    cloud.Input, cloud.Header!, cloud.Labels!, cloud.Cancellation, cloud.Losses.Sum(loss => loss.Points), Progressed);
            },
            cloud.Cancellation);
        InputSummary summary = Summarize(cloud, outputs.PathsOf(written));
        if (journal is not null) await journal.DoneAsync(cloud.Input, summary, written, cloud.MissesNeighbour);
        return summary;

        void Progressed()
        {
            cloud.Progressed();
            budget.Trim();
        }
    }

    private static InputSummary Failed(CloudWork cloud) => new(cloud.Input.Path, cloud.Input.Source, InputStatus.Failed)
    {
        Seconds = Stopwatch.GetElapsedTime(cloud.Started).TotalSeconds,
        Error = cloud.Fault!.Message.ReplaceLineEndings(" "),
    };

    private static InputSummary Summarize(CloudWork cloud, IReadOnlyList<string> written)
    {
        double seconds = Stopwatch.GetElapsedTime(cloud.Started).TotalSeconds;
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
