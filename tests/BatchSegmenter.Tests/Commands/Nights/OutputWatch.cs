namespace BatchSegmenter.Tests.Commands.Nights;

/// <summary>Counts what a run brings about in its output, as it happens, and tells when it is enough.</summary>
internal sealed class OutputWatch : IDisposable
{
    private readonly Action _reached;
    private readonly FileSystemWatcher? _watcher;
    private readonly FaultProxy? _proxy;
    private int _events;
    private int _records;

    /// <param name="night">The night, whose output folder exists.</param>
    /// <param name="events">Files and folders made or renamed, those with temporary names too, or blobs committed, after which it is enough.</param>
    /// <param name="records">Inputs recorded as done, after which it is enough.</param>
    /// <param name="reached">Called once or more, as soon as it is enough.</param>
    public OutputWatch(Night night, int events, int records, Action reached)
    {
        (_events, _records, _reached) = (events, records, reached);
        if (night.Proxy is not null)
        {
            _proxy = night.Proxy;
            _proxy.Committed = Count;
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
        if (_proxy is not null) _proxy.Committed = null;
    }

    private void Count(string path)
    {
        bool isRecord = path.EndsWith(".json", StringComparison.Ordinal) && Path.GetFileName(Path.GetDirectoryName(path)) == "inputs";
        if (Interlocked.Decrement(ref _events) <= 0 | (isRecord && Interlocked.Decrement(ref _records) <= 0)) _reached();
    }
}
