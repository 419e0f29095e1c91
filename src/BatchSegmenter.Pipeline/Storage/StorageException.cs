namespace BatchSegmenter.Pipeline.Storage;

/// <summary>A store refused what was asked of it, or did not answer in spite of retries. The message names the object and what to do, and no secret.</summary>
public class StorageException : IOException
{
    // Readers take an IOException of the plain code for a library's word on the content, and any other for the source's.
    private const int OtherThanPlain = unchecked((int)0x80004005);

    /// <param name="message">What happened, to which object, what to do.</param>
    /// <param name="cause">What the store's client threw, if it did.</param>
    public StorageException(string message, Exception? cause = null)
        : base(message, cause) => HResult = OtherThanPlain;
}

/// <summary>An object is another one than it was when it was looked up.</summary>
/// <param name="address">The object.</param>
/// <param name="expected">The tag that it had.</param>
/// <param name="found">The tag that it has; null where it is gone or the store does not tell.</param>
public sealed class ObjectChangedException(string address, string expected, string? found)
    : StorageException($"{address}: changed while it was read: expected tag {expected}, found {found ?? "none"}; run again once nobody writes it")
{
    /// <summary>The tag that the object had when it was looked up.</summary>
    public string Expected { get; } = expected;

    /// <summary>The tag that it has now; null where it is gone or unknown.</summary>
    public string? Found { get; } = found;
}

/// <summary>An object was to be created where there is one already.</summary>
/// <param name="address">The object.</param>
public sealed class ObjectExistsException(string address) : StorageException($"{address}: exists already, and was to be created only where it does not");

/// <summary>A whole store is out of reach: access refused, container gone, no identity. Every further request would fail alike.</summary>
/// <param name="message">What happened, where, what to do.</param>
public sealed class StoreUnavailableException(string message) : StorageException(message);
