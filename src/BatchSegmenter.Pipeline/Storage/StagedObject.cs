namespace BatchSegmenter.Pipeline.Storage;

/// <summary>An object on its way into a store: written, completed, committed, or else dropped when it is disposed of.</summary>
public abstract class StagedObject : IAsyncDisposable
{
    /// <summary>Where to write, until it is completed.</summary>
    public abstract Stream Stream { get; }

    /// <summary>Ends the writing: everything is at the store, and only the name is missing. Done before, it does nothing.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public abstract Task CompleteAsync(CancellationToken cancellation = default);

    /// <summary>Gives the object its name, completing it first if need be.</summary>
    /// <param name="condition">What must hold.</param>
    /// <param name="cancellation">Ends the wait; whether the object was committed is then to be looked up.</param>
    /// <exception cref="ObjectExistsException">There is one already, and <see cref="CreateCondition.IfAbsent"/> was asked for.</exception>
    /// <exception cref="IOException">It cannot be committed.</exception>
    public abstract Task<StoredObject> CommitAsync(CreateCondition condition, CancellationToken cancellation = default);

    /// <summary>Drops what was not committed.</summary>
    public abstract ValueTask DisposeAsync();
}
