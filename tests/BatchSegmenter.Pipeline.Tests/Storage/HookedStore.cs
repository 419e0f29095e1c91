using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Tests.Storage;

/// <summary>Another store that tells when an object is begun, so that a test can act at that moment.</summary>
internal sealed class HookedStore(ObjectStore store) : ObjectStore
{
    /// <summary>Told the name of every object before it is begun.</summary>
    public Action<string>? Begun { get; set; }

    public override string Address => store.Address;

    public override string AddressOf(string name) => store.AddressOf(name);

    public override IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken cancellation = default) => store.ListAsync(prefix, cancellation);

    public override Task<StoredObject?> FindAsync(string name, CancellationToken cancellation = default) => store.FindAsync(name, cancellation);

    public override Stream OpenRead(StoredObject it) => store.OpenRead(it);

    public override StagedObject Create(string name, bool seekable = false)
    {
        Begun?.Invoke(name);
        return store.Create(name, seekable);
    }

    public override Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation = default) => store.TryCreateAsync(name, content, cancellation);

    public override Task<bool> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, string tag, CancellationToken cancellation = default) =>
        store.TryReplaceAsync(name, content, tag, cancellation);

    public override Task DeleteAsync(string name, CancellationToken cancellation = default) => store.DeleteAsync(name, cancellation);
}
