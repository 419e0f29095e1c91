namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// Where inputs, outputs, models and the ledger lie: a folder (<see cref="LocalStore"/>) or a prefix within a blob container.
/// Names are relative, with <c>/</c>, and never lead out of the store. Objects appear whole or not at all. Ledger and run lock
/// rest on conditional creation and replacement, which exclude each other between processes.
/// </summary>
public abstract class ObjectStore
{
    /// <summary>The store in words, for messages: a folder's path, or an address without credentials.</summary>
    public abstract string Address { get; }

    /// <summary>An object's place in words, for messages.</summary>
    public abstract string AddressOf(string name);

    /// <summary>Lists objects in the ordinal order of their names. Those with a part that starts with a dot are left out, and links to folders are not followed.</summary>
    /// <param name="prefix">What the names start with; need not end at a <c>/</c>. Empty for all.</param>
    /// <param name="cancellation">Ends the listing.</param>
    /// <exception cref="IOException">The store cannot be listed, or is a container that does not exist. A folder that does not exist is empty.</exception>
    public abstract IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken cancellation = default);

    /// <summary>Looks an object up; null where there is none.</summary>
    /// <exception cref="IOException">The store does not answer.</exception>
    public abstract Task<StoredObject?> FindAsync(string name, CancellationToken cancellation = default);

    /// <summary>
    /// Opens an object to be read from anywhere. Opening and every read throw <see cref="ObjectChangedException"/> once the object
    /// has another tag than <paramref name="it"/>.
    /// </summary>
    /// <exception cref="IOException">The object cannot be opened. A blob is asked for at the first read.</exception>
    public abstract Stream OpenRead(StoredObject it);

    /// <summary>Begins an object, which is seen by nobody before it is committed.</summary>
    /// <param name="name">The name that it will have.</param>
    /// <param name="seekable">
    /// Whether the writer goes back. Local files always let it; a blob is then written to a scratch file first, and uploaded in blocks
    /// as it is written otherwise.
    /// </param>
    /// <exception cref="IOException">It cannot be begun.</exception>
    public abstract StagedObject Create(string name, bool seekable = false);

    /// <summary>Creates an object unless there is one of that name: of several who try, exactly one is told true.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public abstract Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation = default);

    /// <summary>Replaces an object that still has the given tag; false where it has another or is gone. The new content has another tag in any case.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public abstract Task<bool> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, string tag, CancellationToken cancellation = default);

    /// <summary>Deletes an object; one that is gone is no error.</summary>
    /// <exception cref="IOException">It cannot be deleted.</exception>
    public abstract Task DeleteAsync(string name, CancellationToken cancellation = default);

    /// <summary>
    /// Removes what killed processes left half written among a run's outputs, and nothing that a living one writes. What cannot be removed
    /// stays. Of blobs nothing is left but blocks that were never committed, which the service lets expire.
    /// </summary>
    public virtual Task SweepAsync(CancellationToken cancellation = default) => Task.CompletedTask;

    /// <summary>Reads a small object whole.</summary>
    /// <exception cref="ObjectChangedException">It has changed since it was looked up.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task<byte[]> ReadAsync(StoredObject it, CancellationToken cancellation = default)
    {
        Stream stream = OpenRead(it);
        await using (stream.ConfigureAwait(false))
        {
            byte[] content = new byte[it.Length];
            int read = await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            return read == content.Length ? content : throw new ObjectChangedException(AddressOf(it.Name), it.Tag, null);
        }
    }

    /// <summary>Refuses names that are empty, absolute or lead elsewhere.</summary>
    /// <exception cref="ArgumentException">It is one.</exception>
    internal static void Check(string name)
    {
        foreach (string part in name.Split('/'))
        {
            if (part is "" or "." or ".." || part.AsSpan().IndexOfAny('\\', '\0') >= 0)
                throw new ArgumentException($"'{name}' is no name within a store: expected parts between '/', none of them empty, '.' or '..', without '\\'.", nameof(name));
        }
    }

    /// <summary>Whether a part of the name starts with a dot, as what is temporary does.</summary>
    internal static bool IsHidden(string name) => name.StartsWith('.') || name.Contains("/.", StringComparison.Ordinal);
}
