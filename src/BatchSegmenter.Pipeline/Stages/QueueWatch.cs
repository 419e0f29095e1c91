namespace BatchSegmenter.Pipeline.Stages;

/// <summary>Looks at the stages' queues now and then, so that a report can tell which stage the others wait for.</summary>
internal sealed class QueueWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _over = new();
    private readonly Task _watching;

    /// <param name="stages">Meters, and how many items wait for their stages.</param>
    public QueueWatch(IReadOnlyList<(StageMeter Meter, Func<int> Waiting)> stages) => _watching = WatchAsync(stages);

    /// <summary>Ends the watch.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _over.Dispose();
    }

    private async Task WatchAsync(IReadOnlyList<(StageMeter Meter, Func<int> Waiting)> stages)
    {
        while (!_over.IsCancellationRequested)
        {
            foreach ((StageMeter meter, Func<int> waiting) in stages) meter.Look(waiting());
            await Task.Delay(Interval, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
