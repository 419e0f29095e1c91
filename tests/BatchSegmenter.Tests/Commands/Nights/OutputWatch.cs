using Azure.Storage.Blobs.Models;

namespace BatchSegmenter.Tests.Commands.Nights;

/// <summary>Counts what a run brings about in its output, as it happens, and tells when it is enough.</summary>
internal sealed class OutputWatch : IDisposable
{
    private readonly Action _reached;
    private readonly FileSystemWatcher? _watcher;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _asking = Task.CompletedTask;
    private int _events;
    private int _records;

    /// <param name="night">The night, whose output folder exists.</param>
    /// <param name="events">Files and folders made or renamed, those with temporary names too, or blobs committed, after which it is enough.</param>
    /// <param name="records">Inputs recorded as done, after which it is enough.</param>
    /// <param name="reached">Called once or more, as soon as it is enough.</param>
    public OutputWatch(Night night, int events, int records, Action reached)
    {
        (_events, _records, _reached) = (events, records, reached);
        if (night.Blobs is not null)
        {
            _asking = Task.Run(() => AskAsync(night, _over.Token));
            return;
        }

        _watcher = new(night[Night.Output]) { IncludeSubdirectories = true, InternalBufferSize = 1 << 16, NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName };
        _watcher.Created += (_, change) => Count(change.FullPath);
        _watcher.Renamed += (_, change) => Count(change.FullPath);
        _watcher.EnableRaisingEvents = true;
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _over.Cancel();
        _asking.GetAwaiter().GetResult();
        _over.Dispose();
    }

    /// <summary>A blob service tells nothing by itself.</summary>
    private async Task AskAsync(Night night, CancellationToken over)
    {
        HashSet<(string, string)> known = [];
        for (bool isFirst = true; !over.IsCancellationRequested; isFirst = false)
        {
            foreach (BlobItem blob in night.Blobs!.GetBlobs(BlobTraits.None, BlobStates.None, $"{Night.Output}/", CancellationToken.None))
                if (known.Add((blob.Name, $"{blob.Properties.ETag}")) && !isFirst) Count(blob.Name);
            await Task.Delay(10, CancellationToken.None);
        }
    }

    private void Count(string path)
    {
        bool isRecord = path.EndsWith(".json", StringComparison.Ordinal) && Path.GetFileName(Path.GetDirectoryName(path)) == "inputs";
        if (Interlocked.Decrement(ref _events) <= 0 | (isRecord && Interlocked.Decrement(ref _records) <= 0)) _reached();
    }
}
