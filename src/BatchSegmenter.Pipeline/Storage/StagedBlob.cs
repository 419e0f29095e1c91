using Azure.Storage.Blobs.Specialized;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// A blob on its way: blocks are uploaded while it is written, and one request at the end makes a blob of them. A writer that goes back
/// writes to a scratch file, which is uploaded when it is complete. What is not committed the service forgets.
/// </summary>
internal sealed class StagedBlob : StagedObject
{
    private readonly BlobStore _store;
    private readonly string _name;
    private readonly BlockUploadStream _blocks;
    private readonly FileStream? _scratch;
    private bool _isComplete;

    /// <param name="store">Where it goes.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="blob">A client for it.</param>
    /// <param name="scratch">The folder for a scratch file, for a writer that goes back; null for one that does not.</param>
    public StagedBlob(BlobStore store, string name, BlockBlobClient blob, string? scratch)
    {
        (_store, _name) = (store, name);
        _blocks = new(blob, store.AddressOf(name));
        if (scratch is null) return;
        Directory.CreateDirectory(scratch);
        string path = Path.Combine(scratch, $"batchsegmenter-{Guid.NewGuid():N}.tmp");
        _scratch = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);

        // Without a name nothing is left of it, however the process ends. Windows sees to that by itself.
        if (!OperatingSystem.IsWindows()) File.Delete(path);
    }

    public override Stream Stream => _isComplete ? throw new InvalidOperationException($"{_store.AddressOf(_name)} is complete.") : (Stream?)_scratch ?? _blocks;

    public override async Task CompleteAsync(CancellationToken cancellation = default)
    {
        if (_isComplete) return;
        if (_scratch is not null)
        {
            _scratch.Position = 0;
            await _scratch.CopyToAsync(_blocks, 1 << 20, cancellation).ConfigureAwait(false);
            await _scratch.DisposeAsync().ConfigureAwait(false);
        }

        await _blocks.CompleteAsync(cancellation).ConfigureAwait(false);
        _isComplete = true;
    }

    public override async Task<StoredObject> CommitAsync(CreateCondition condition, CancellationToken cancellation = default)
    {
        await CompleteAsync(cancellation).ConfigureAwait(false);
        if (!await _store.TryCommitAsync(_name, _blocks.Ids, condition, cancellation).ConfigureAwait(false))
            throw condition == CreateCondition.IfAbsent ? new ObjectExistsException(_store.AddressOf(_name)) : new StorageException($"{_store.AddressOf(_name)}: changed while it was committed; see who else writes it");
        return await _store.FindAsync(_name, cancellation).ConfigureAwait(false)
            ?? throw new StorageException($"{_store.AddressOf(_name)}: was removed as soon as it was written; see who else works in the container");
    }

    public override async ValueTask DisposeAsync()
    {
        if (_scratch is not null) await _scratch.DisposeAsync().ConfigureAwait(false);
        await _blocks.DropAsync().ConfigureAwait(false);
    }
}
