using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>A file on its way into a folder, under a temporary name beside its own.</summary>
internal sealed class StagedFile(LocalStore store, string name) : StagedObject
{
    private readonly AtomicFile _file = store.Begin(name);

    public override Stream Stream => _file.Stream;

    public override Task CompleteAsync(CancellationToken cancellation = default)
    {
        _file.Complete();
        return Task.CompletedTask;
    }

    public override Task<StoredObject> CommitAsync(CreateCondition condition, CancellationToken cancellation = default)
    {
        if (condition == CreateCondition.Any) _file.Commit();
        else if (!_file.TryCommitNew()) throw new ObjectExistsException(store.AddressOf(name));
        return Task.FromResult(store.Find(name) ?? throw new StorageException($"{store.AddressOf(name)}: was removed as soon as it was written; see who else works in the folder"));
    }

    public override ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
