using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using Spectre.Console;

namespace BatchSegmenter.Commands;

/// <summary>Shows how far a run is while it goes on: a live bar on a terminal, a line now and then elsewhere.</summary>
internal sealed class RunProgressDisplay : IAsyncDisposable
{
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _over = new();
    private readonly Task _shown;

    /// <param name="progress">What to show.</param>
    /// <param name="log">Where lines go.</param>
    /// <param name="isOn">Whether to show anything.</param>
    public RunProgressDisplay(RunProgress progress, RunLog log, bool isOn) =>
        _shown = !isOn ? Task.CompletedTask
            : log.AsJson || Console.IsErrorRedirected ? WriteLines(progress, log)
            : DrawBar(progress);

    /// <summary>Ends the display.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _shown;
        _over.Dispose();
    }

    private async Task WriteLines(RunProgress progress, RunLog log)
    {
        while (await Wait(LineInterval)) log.Progress(progress);
    }

    private Task DrawBar(RunProgress progress)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true).HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask("starting", maxValue: 1);
                do
                {
                    double rate = progress.Points / Math.Max(1e-3, progress.Seconds);
                    StageMeter fullest = progress.Stages.MaxBy(stage => stage.Queue)!;
                    string waited = fullest.Queue == 0 ? "" : $", {fullest.Queue} wait for {fullest.Name}";
                    task.Description = $"{progress.Finished}/{progress.Inputs} files, {progress.Points:N0} points, {rate:N0} points/s{waited}";
                    task.Value = progress.Share;
                }
                while (await Wait(Frame));
            });
    }

    /// <summary>Waits a while; false when the run is over.</summary>
    private async Task<bool> Wait(TimeSpan time)
    {
        await Task.Delay(time, _over.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        return !_over.IsCancellationRequested;
    }
}
