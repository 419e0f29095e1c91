using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Commands;

/// <summary>The lines of a run on standard error: text for people, or one JSON object each for programs.</summary>
internal sealed class RunLog(TextWriter writer, bool asJson)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether lines are JSON.</summary>
    public bool AsJson => asJson;

    public void Warn(string text) => Write($"warning: {text}", new { level = "warning", text });

    public void Error(string text) => Write($"error: {text}", new { level = "error", text });

    /// <summary>One line for an input that failed; a stack trace where the program is to blame, or where it was asked for.</summary>
    public void Fail(InputOutcome outcome)
    {
        string text = $"{outcome.Summary.Input}: {outcome.Fault!.Message}".ReplaceLineEndings(" ");
        if (outcome.Fault.Message.StartsWith(outcome.Summary.Input, StringComparison.Ordinal)) text = outcome.Fault.Message.ReplaceLineEndings(" ");
        string? trace = !outcome.Fault.IsBadInput || CommandFault.ShowsTraces ? outcome.Fault.InnerException!.ToString() : null;
        Write(
            $"failed in stage {outcome.Fault.Stage}: {text}{(trace is null ? "" : "\n" + trace)}",
            new { level = "error", stage = outcome.Fault.Stage, input = outcome.Summary.Input, text, trace });
    }

    public void Progress(RunProgress progress)
    {
        double rate = progress.Points / Math.Max(1e-3, progress.Seconds);
        double left = progress.Share > 0 ? progress.Seconds * (1 / progress.Share - 1) : double.NaN;
        Write(
            string.Create(CultureInfo.InvariantCulture, $"{progress.Finished}/{progress.Inputs} files, {progress.Points:N0} points, {rate:N0} points/s, {Duration(left)} left"),
            new { level = "progress", files = progress.Finished, inputs = progress.Inputs, failed = progress.Failed, points = progress.Points, pointsPerSecond = Math.Round(rate), share = Math.Round(progress.Share, 4), bytesInFlight = progress.BytesInFlight, peakResidentBytes = RunProgress.PeakResidentBytes, queues = progress.Stages.ToDictionary(stage => stage.Name, stage => stage.Queue) });
    }

    public void Finish(SegmentationOptions options, RunOutcome outcome, SegmentationModel model, int code)
    {
        double busy = Math.Max(1e-9, outcome.Stages.Sum(stage => stage.BusySeconds));
        string shares = string.Join(", ", outcome.Stages.Select(stage => string.Create(CultureInfo.InvariantCulture, $"{stage.Name} {100 * stage.BusySeconds / busy:0} %")));
        Write(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{outcome.Inputs.Count(input => input.Status == InputStatus.Done)} of {outcome.Inputs.Count} inputs{(outcome.Partial > 0 ? $" and {outcome.Partial} in part" : "")}{(outcome.Skipped > 0 ? $", {outcome.Skipped} done before" : "")}{(outcome.Quarantined > 0 ? $", {outcome.Quarantined} in quarantine (--retry-quarantined tries them again)" : "")}{(outcome.Changing > 0 ? $", {outcome.Changing} changed meanwhile and left for the next run" : "")}, {outcome.Points:N0} points in {outcome.Seconds:0.0} s ({outcome.Points / Math.Max(1e-3, outcome.Seconds):N0} points/s) on {model.Provider} into {options.Output}\n  work by stage: {shares}"),
            new { level = "finished", exitCode = code, inputs = outcome.Inputs.Count, failed = outcome.Failed, skipped = outcome.Skipped, quarantined = outcome.Quarantined, partial = outcome.Partial, changing = outcome.Changing, points = outcome.Points, seconds = outcome.Seconds, output = options.Output });
    }

    /// <summary>A duration as people say it.</summary>
    public static string Duration(double seconds) =>
        !double.IsFinite(seconds) ? "unknown time"
        : seconds < 90 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s")
        : seconds < 5400 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} h");

    private void Write(string text, object line) => writer.WriteLine(Redaction.Of(asJson ? JsonSerializer.Serialize(line, Json) : text));
}
