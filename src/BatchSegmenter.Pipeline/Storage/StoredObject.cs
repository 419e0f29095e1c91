namespace BatchSegmenter.Pipeline.Storage;

/// <summary>An object as a store showed it at one moment.</summary>
/// <param name="Name">Its name within the store, with <c>/</c>.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Tag">
/// What differs whenever the content does: a blob's ETag; of a local file its length and the ticks of its last write. Of a file the inode
/// has no part in it, so that a copy that keeps its time keeps its tag.
/// </param>
/// <param name="Modified">When it was last written.</param>
public sealed record StoredObject(string Name, long Length, string Tag, DateTimeOffset Modified);
