using System.Runtime.CompilerServices;
using System.Xml;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// A prefix within a blob container as a store. Every request is retried by the client. A retried conditional write may meet its own
/// first attempt, whose answer was lost; such writes carry a mark of their own, by which they know it.
/// </summary>
public sealed class BlobStore : ObjectStore
{
    private const string Mark = "attempt";
    private const int MostAttempts = 4;

    private readonly BlobContainerClient _container;
    private readonly string _prefix;
    private readonly string _scratch;

    /// <param name="container">A client with credentials.</param>
    /// <param name="prefix">What all names start with, without slashes at its ends; empty for the whole container.</param>
    /// <param name="address">The address for messages, without credentials.</param>
    /// <param name="scratch">Folder for what is written out of order, before it is uploaded; null takes the system's for temporary files.</param>
    internal BlobStore(BlobContainerClient container, string prefix, string address, string? scratch = null)
    {
        _scratch = scratch ?? Path.GetTempPath();
        _container = container;
        _prefix = prefix.Length == 0 ? "" : prefix + "/";
        Address = address;
    }

    /// <inheritdoc/>
    public override string Address { get; }

    /// <inheritdoc/>
    public override string AddressOf(string name) => $"{Address}/{name}";

    /// <inheritdoc/>
    public override async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        if (IsHidden(prefix)) yield break;
        List<StoredObject> found = await AskAsync(AddressOf(prefix), () => FetchListAsync(prefix, cancellation)).ConfigureAwait(false);

        // Services sort by their own rules, above all those with real folders.
        foreach (StoredObject it in found.OrderBy(it => it.Name, StringComparer.Ordinal)) yield return it;
    }

    /// <inheritdoc/>
    public override async Task<StoredObject?> FindAsync(string name, CancellationToken cancellation = default) =>
        (await FindMarkedAsync(name, cancellation).ConfigureAwait(false))?.Found;

    /// <inheritdoc/>
    public override Stream OpenRead(StoredObject it) => new BlobReadStream(Client(it.Name), it, AddressOf(it.Name));

    /// <inheritdoc/>
    public override StagedObject Create(string name, bool seekable = false) => new StagedBlob(this, name, Client(name), seekable ? _scratch : null);

    /// <inheritdoc/>
    public override async Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation = default) =>
        await TryWriteAsync(name, content, new() { IfNoneMatch = ETag.All }, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<bool> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, string tag, CancellationToken cancellation = default) =>
        await TryWriteAsync(name, content, new() { IfMatch = new ETag(tag) }, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task DeleteAsync(string name, CancellationToken cancellation = default)
    {
        BlockBlobClient blob = Client(name);
        await AskAsync(AddressOf(name), async () => (await blob.DeleteIfExistsAsync(cancellationToken: cancellation).ConfigureAwait(false)).Value).ConfigureAwait(false);
    }

    /// <summary>Commits staged blocks; false where the condition does not hold.</summary>
    internal async Task<bool> TryCommitAsync(string name, IReadOnlyList<string> blocks, CreateCondition condition, CancellationToken cancellation)
    {
        CommitBlockListOptions options = new() { Conditions = condition == CreateCondition.IfAbsent ? new() { IfNoneMatch = ETag.All } : null };
        return await TryAsync(name, mark =>
        {
            options.Metadata = mark;
            return Client(name).CommitBlockListAsync(blocks, options, cancellation);
        }, cancellation).ConfigureAwait(false);
    }

    /// <summary>The tag as text. Listings and single blobs differ in whether they quote it.</summary>
    internal static string TagOf(ETag tag) => tag.ToString("G").Trim('"');

    /// <summary>
    /// Asks the service what may be asked twice, again where the answer is that of another request, and turns its faults into those of
    /// <see cref="BlobFaults"/>.
    /// </summary>
    internal static async Task<T> AskAsync<T>(string address, Func<Task<T>> ask)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await ask().ConfigureAwait(false);
            }
            catch (RequestFailedException fault) when (BlobFaults.IsGarbled(fault) && attempt < MostAttempts)
            {
            }
            catch (Exception fault) when (BlobFaults.IsKnown(fault))
            {
                throw BlobFaults.Of(fault, address);
            }
        }
    }

    private async Task<List<StoredObject>> FetchListAsync(string prefix, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await FetchListOnceAsync(prefix, cancellation).ConfigureAwait(false);
            }
            catch (XmlException) when (attempt < MostAttempts)
            {
                // The client takes a list whose end was cut off for whole.
            }
        }
    }

    private async Task<List<StoredObject>> FetchListOnceAsync(string prefix, CancellationToken cancellation)
    {
        List<StoredObject> found = [];
        GetBlobsOptions options = new() { Prefix = _prefix + prefix, Traits = BlobTraits.Metadata };
        await foreach (BlobItem blob in _container.GetBlobsAsync(options, cancellation).ConfigureAwait(false))
        {
            string name = blob.Name[_prefix.Length..];
            bool isFolder = name.EndsWith('/') || (blob.Metadata?.TryGetValue("hdi_isfolder", out string? value) == true && value == "true");
            if (isFolder || IsHidden(name)) continue;
            found.Add(new(name, blob.Properties.ContentLength ?? 0, TagOf(blob.Properties.ETag ?? default), blob.Properties.LastModified ?? default));
        }

        return found;
    }

    private Task<bool> TryWriteAsync(string name, ReadOnlyMemory<byte> content, BlobRequestConditions conditions, CancellationToken cancellation) =>
        TryAsync(name, async mark =>
        {
            using Stream stream = BinaryData.FromBytes(content).ToStream();
            return await Client(name).UploadAsync(stream, new BlobUploadOptions { Conditions = conditions, Metadata = mark }, cancellation).ConfigureAwait(false);
        }, cancellation);

    private async Task<bool> TryAsync(string name, Func<Dictionary<string, string>, Task<Response<BlobContentInfo>>> write, CancellationToken cancellation)
    {
        string mark = Guid.NewGuid().ToString("N");
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await write(new() { [Mark] = mark }).ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException fault) when (BlobFaults.IsUnmet(fault) || BlobFaults.IsAbsent(fault) || BlobFaults.IsGarbled(fault))
            {
                bool written = await FindMarkedAsync(name, cancellation).ConfigureAwait(false) is { } there && there.Mark == mark;
                if (written || !BlobFaults.IsGarbled(fault)) return written;
                if (attempt == MostAttempts) throw BlobFaults.Of(fault, AddressOf(name));
            }
            catch (Exception fault) when (BlobFaults.IsKnown(fault))
            {
                throw BlobFaults.Of(fault, AddressOf(name));
            }
        }
    }

    private async Task<(StoredObject Found, string? Mark)?> FindMarkedAsync(string name, CancellationToken cancellation)
    {
        BlockBlobClient blob = Client(name);
        return await AskAsync<(StoredObject, string?)?>(AddressOf(name), async () =>
        {
            try
            {
                BlobProperties it = await blob.GetPropertiesAsync(cancellationToken: cancellation).ConfigureAwait(false);
                // A connection that broke may leave an answer of success that says nothing.
                for (int attempt = 1; it.ETag == default && attempt < MostAttempts; attempt++)
                    it = await blob.GetPropertiesAsync(cancellationToken: cancellation).ConfigureAwait(false);
                if (it.ETag == default) throw new IOException("the service answers without a tag");
                return (new(name, it.ContentLength, TagOf(it.ETag), it.LastModified), it.Metadata.TryGetValue(Mark, out string? mark) ? mark : null);
            }
            catch (RequestFailedException fault) when (BlobFaults.IsAbsent(fault))
            {
                return null;
            }
        }).ConfigureAwait(false);
    }

    private BlockBlobClient Client(string name)
    {
        Check(name);
        return _container.GetBlockBlobClient(_prefix + name);
    }
}
