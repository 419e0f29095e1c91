using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Formats.Copc;
using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// The inputs that a blob address names: a blob, a member of an archive (<c>azure://container/a.zip!/cloud.laz</c>), all below a prefix, or those
/// that a glob matches. Each is pinned to the tag that it has in the listing.
/// </summary>
public static class RemoteInputs
{
    /// <summary>Opens the one cloud at an address.</summary>
    /// <param name="input">The address of a blob, or of a member of an archive.</param>
    /// <param name="reading">How it is read; null reads it on one core.</param>
    /// <param name="query">Of a COPC file the points to read; null for all, and for other formats.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="ConfigurationException">It is no address, the environment does not tell how to open it, or a part of an archive's member is asked for.</exception>
    /// <exception cref="FileNotFoundException">There is no such blob.</exception>
    /// <exception cref="PointCloudException">The content is of no known format, damaged, or not supported.</exception>
    /// <exception cref="StorageException">The store does not answer.</exception>
    public static async Task<PointCloudReader> OpenAsync(string input, PointReadOptions? reading = null, CopcQuery? query = null, CancellationToken cancellation = default)
    {
        (StoreAddress address, string member) = Split(input);
        ObjectStore container = address.WithPrefix("").Open();
        StoredObject blob = (address.Prefix.Length == 0 ? null : await container.FindAsync(address.Prefix, cancellation).ConfigureAwait(false))
            ?? throw new FileNotFoundException($"{input}: there is no such blob.");
        string path = container.AddressOf(blob.Name);
        if (query is null) return PointCloudReader.OpenMember(container.OpenRead(blob), path, member, reading ?? PointReadOptions.Default);
        if (member.Length > 0) throw new ConfigurationException($"{input}: bounds and levels are of COPC files, not of those in archives; copy it out first");
        return CopcReader.Open(container.OpenRead(blob), path, query);
    }

    /// <summary>Looks them up; what is missing is added to <paramref name="faults"/> as for folders and files.</summary>
    /// <param name="input">The address.</param>
    /// <param name="options">The run's options: its output is never an input.</param>
    /// <param name="warnings">Told of what matches nothing or is left out.</param>
    /// <param name="faults">Told of what cannot be an input.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="StorageException">The store does not answer.</exception>
    internal static async Task<IReadOnlyList<FoundInput>> FindAsync(
        string input, SegmentationOptions options, List<string> warnings, List<string> faults, CancellationToken cancellation)
    {
        (StoreAddress address, string member) = Split(input);
        if (Glob.IsPattern(address.Prefix)) return await MatchAsync(input, address, options, warnings, faults, cancellation).ConfigureAwait(false);

        ObjectStore container = address.WithPrefix("").Open();
        if (address.Prefix.Length > 0 && await container.FindAsync(address.Prefix, cancellation).ConfigureAwait(false) is { } blob)
        {
            RemoteObject remote = new(container, blob, member);
            string path = member.Length == 0 ? remote.Address : remote.Address + ArchiveMembers.Mark + member;
            if (!IsOutput(path, options)) return [new(path, path[(path.LastIndexOf('/') + 1)..], remote)];
            faults.Add($"{input}: lies in the output {options.Output}; outputs are never inputs");
            return [];
        }

        ObjectStore store = address.Open();
        List<StoredObject> below = await ListAsync(store, cancellation).ConfigureAwait(false);
        if (member.Length == 0 && below.Count > 0) return Taken(input, true, store, below.Where(it => InputList.HasKnownExtension(it.Name)), options, warnings, faults);
        faults.Add($"{input}: no such blob, and none below it; expected an input");
        return [];
    }

    private static async Task<IReadOnlyList<FoundInput>> MatchAsync(
        string input, StoreAddress address, SegmentationOptions options, List<string> warnings, List<string> faults, CancellationToken cancellation)
    {
        Glob glob = new(address.Prefix);
        ObjectStore store = address.WithPrefix(glob.Prefix.Trim('/')).Open();
        List<StoredObject> all = await ListAsync(store, cancellation).ConfigureAwait(false);
        return Taken(input, false, store, all.Where(it => glob.IsMatch(it.Name)), options, warnings, faults);
    }

    private static List<FoundInput> Taken(
        string input, bool isFolder, ObjectStore store, IEnumerable<StoredObject> blobs, SegmentationOptions options, List<string> warnings, List<string> faults)
    {
        List<FoundInput> found = [.. blobs.Select(blob => new RemoteObject(store, blob, "")).Select(remote => new FoundInput(remote.Address, remote.Object.Name, remote))];
        int outputs = found.RemoveAll(it => IsOutput(it.Path, options));
        if (outputs > 0) warnings.Add($"{input}: {outputs} blobs in the output {options.Output} were left out");
        int parts = found.RemoveAll(it => it.Path.Split('/')[..^1].LastOrDefault() is { } folder && PointDatasetFolder.IsOne(folder));
        if (parts > 0) warnings.Add($"{input}: {parts} Parquet parts of source=NAME folders were left out, which are read from disk alone: copy them there to label them again");
        if (found.Count == 0) InputList.TellEmpty(input, isFolder, options, warnings, faults);
        return found;
    }

    private static async Task<List<StoredObject>> ListAsync(ObjectStore store, CancellationToken cancellation)
    {
        List<StoredObject> all = [];
        await foreach (StoredObject it in store.ListAsync("", cancellation).ConfigureAwait(false)) all.Add(it);
        return all;
    }

    // The outermost archive; a member of an archive within stays part of the member's address.
    private static (StoreAddress Address, string Member) Split(string input)
    {
        int mark = input.IndexOf(ArchiveMembers.Mark, StringComparison.Ordinal);
        return mark < 0 ? (StoreAddress.Parse(input), "") : (StoreAddress.Parse(input[..mark]), input[(mark + ArchiveMembers.Mark.Length)..]);
    }

    private static bool IsOutput(string path, SegmentationOptions options) => path.StartsWith(options.Output.TrimEnd('/') + "/", StringComparison.Ordinal);
}
