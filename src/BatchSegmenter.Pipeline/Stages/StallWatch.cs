using System.Collections.Concurrent;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// Ends inputs on which work goes on without progress for too long: a network call that hangs, a file system that does not answer. Waiting
/// for a turn does not count. Work that does not return after it was told to end is given up together with the process.
/// </summary>
internal sealed class StallWatch : IAsyncDisposable
{
    /// <summary>How long work may take to return once it was told to end.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _timeout;
    private readonly TimeSpan _grace;
    private readonly ConcurrentDictionary<CloudWork, DateTime> _watched = [];
    private readonly TaskCompletionSource<RunStoppedException> _hung = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _over = new();
    private readonly Task _watching;

    /// <param name="timeout">Time without progress.</param>
    /// <param name="grace">Time to return after the end was asked for.</param>
    public StallWatch(TimeSpan timeout, TimeSpan grace)
    {
        (_timeout, _grace) = (timeout, grace);
        _watching = WatchAsync();
    }

    /// <summary>Ends with the reason once work does not return, and never otherwise.</summary>
    public Task<RunStoppedException> Hung => _hung.Task;

    /// <summary>Begins to watch an input.</summary>
    public void Add(CloudWork cloud) => _watched[cloud] = DateTime.MaxValue;

    /// <summary>Ends to watch an input.</summary>
    public void Remove(CloudWork cloud) => _watched.TryRemove(cloud, out _);

    /// <summary>Ends all watching.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _over.Dispose();
    }

    private async Task WatchAsync()
    {
        TimeSpan interval = TimeSpan.FromSeconds(Math.Clamp(_timeout.TotalSeconds / 4, 0.05, 5));
        while (true)
        {
            await Task.Delay(interval, _over.Token).ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
            if (_over.IsCancellationRequested) return;
            foreach ((CloudWork cloud, DateTime deadline) in _watched) Look(cloud, deadline);
        }
    }

    private void Look(CloudWork cloud, DateTime deadline)
    {
        if (deadline == DateTime.MaxValue)
        {
            if (cloud.StalledFor() < _timeout) return;
            if (_watched.TryUpdate(cloud, DateTime.UtcNow + _grace, deadline)) cloud.GiveUp(_timeout);
        }
        else if (DateTime.UtcNow > deadline && cloud.IsBusy)
        {
            _hung.TrySetResult(new RunStoppedException(
                $"{cloud.Input.Path}: {cloud.Fault!.Stage} does not end, {_grace.TotalSeconds:0} s after it was told to; the process is given up, what is done is kept. Run again to go on", cloud.Fault));
        }
    }
}
