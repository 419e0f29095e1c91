using Azure;
using Azure.Identity;
using Azure.Storage.Blobs.Models;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>Turns what the blob client throws into faults that say which object, what happened and what to do, and hold no secret.</summary>
internal static class BlobFaults
{
    /// <summary>Whether it is one that <see cref="Of"/> knows.</summary>
    public static bool IsKnown(Exception fault) =>
        fault is RequestFailedException or AuthenticationFailedException or HttpRequestException or AggregateException or System.Xml.XmlException or TaskCanceledException { InnerException: TimeoutException }
        || (fault is IOException && fault is not StorageException);

    /// <summary>Whether the object is absent, but its container is not.</summary>
    public static bool IsAbsent(RequestFailedException fault) => fault.Status == 404 && fault.ErrorCode != BlobErrorCode.ContainerNotFound && fault.ErrorCode != BlobErrorCode.ContainerBeingDeleted;

    /// <summary>Whether a condition did not hold. Services answer 412 or 409 where an object was to be new.</summary>
    public static bool IsUnmet(RequestFailedException fault) =>
        fault.Status is 412 || (fault.Status == 409 && fault.ErrorCode == BlobErrorCode.BlobAlreadyExists);

    /// <summary>Whether the answer says success, but not the one that the request has, as a broken connection may leave it to the next request.</summary>
    public static bool IsGarbled(RequestFailedException fault) => fault.Status is >= 200 and < 300;

    /// <summary>The fault to throw instead.</summary>
    public static StorageException Of(Exception fault, string address) => fault switch
    {
        RequestFailedException { Status: 401 or 403 } refused => new StoreUnavailableException(
            $"{address}: access is refused ({refused.Status} {refused.ErrorCode}): see whether the signature or key in the environment has expired, or the identity lacks the role 'Storage Blob Data Contributor' (for inputs, Reader)"),
        RequestFailedException { Status: 404 } gone when !IsAbsent(gone) => new StoreUnavailableException($"{address}: the container does not exist; make it, or correct the address"),
        RequestFailedException { Status: 404 } => new StorageException($"{address}: no such object"),
        RequestFailedException { Status: 412 } => new StorageException($"{address}: changed meanwhile; run again once nobody else writes it"),
        RequestFailedException { Status: 0 } lost => new StorageException($"{address}: the service was not reached in spite of retries: {Redaction.Of(Innermost(lost).Message)}"),
        RequestFailedException { Status: 408 or 429 or >= 500 } busy => new StorageException($"{address}: the service answered {busy.Status} {busy.ErrorCode} in spite of retries; run again later"),
        RequestFailedException other => new StorageException($"{address}: the service refused ({other.Status} {other.ErrorCode})"),
        AuthenticationFailedException => new StoreUnavailableException(
            $"{address}: no identity could sign in; sign in (az login), use a machine with a managed identity, or set {BlobCredentials.ConnectionString} or {BlobCredentials.SasToken}"),
        AggregateException { InnerExceptions: [.., { } last] } when IsKnown(last) => Of(last, address),
        _ => new StorageException($"{address}: the service was not reached in spite of retries: {Redaction.Of(Innermost(fault).Message)}"),
    };

    private static Exception Innermost(Exception fault) => fault.GetBaseException();
}
