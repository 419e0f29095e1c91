using System.Text.RegularExpressions;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// Where a store, or a single object, lies: a local path, <c>azure://container/prefix</c>, <c>https://ACCOUNT.blob.core.windows.net/container/prefix</c>
/// or an emulator's <c>http://127.0.0.1:10000/devstoreaccount1/container/prefix</c>. An address never holds a credential.
/// </summary>
public sealed partial record StoreAddress
{
    private StoreAddress(string text, Uri? service, string container, string prefix) => (Text, Service, Container, Prefix) = (text, service, container, prefix);

    /// <summary>The address as it is shown; of a local one the path.</summary>
    public string Text { get; }

    /// <summary>Whether it is a path of this machine.</summary>
    public bool IsLocal => Container.Length == 0;

    /// <summary>The blob service; null of a local address, and of <c>azure://</c>, whose account the environment names.</summary>
    public Uri? Service { get; }

    /// <summary>The container; empty of a local address.</summary>
    public string Container { get; }

    /// <summary>What follows the container, without slashes at its ends; may be empty, and may be a glob.</summary>
    public string Prefix { get; }

    /// <summary>Whether a text is the address of a blob store rather than a path.</summary>
    public static bool IsRemote(string text) => Remote().IsMatch(text);

    /// <summary>Takes an address apart.</summary>
    /// <exception cref="ConfigurationException">It has no container, holds a credential (a query or a user), or is a web address of another kind.</exception>
    public static StoreAddress Parse(string text)
    {
        if (!IsRemote(text)) return new(text, null, "", "");
        string shown = User().Replace(Query().Replace(text, "?..."), "...@");
        if (shown != text || Redaction.Finds(text))
            throw new ConfigurationException($"{Redaction.Of(shown)}: an address must not hold a credential; put the signature into {BlobCredentials.SasToken} or sign in");
        bool azure = text.StartsWith("azure:", StringComparison.OrdinalIgnoreCase);
        string[] parts = AfterScheme(text).Split('/');
        string host = parts[0];
        bool isEmulator = !azure && (host.StartsWith("127.0.0.1", StringComparison.Ordinal) || host.StartsWith("localhost", StringComparison.OrdinalIgnoreCase));
        if (!azure && !isEmulator && !(text.StartsWith("https:", StringComparison.OrdinalIgnoreCase) && host.Contains(".blob.", StringComparison.OrdinalIgnoreCase)))
            throw new ConfigurationException($"{shown}: expected azure://container/prefix or https://ACCOUNT.blob.core.windows.net/container/prefix");

        int at = azure ? 0 : isEmulator ? 2 : 1;
        string container = at < parts.Length ? parts[at] : "";
        if (!ContainerName().IsMatch(container))
            throw new ConfigurationException($"{shown}: '{container}' is no container's name; expected small letters, digits and '-', 3 to 63 of them");
        string prefix = string.Join('/', parts[(at + 1)..]).Trim('/');
        Uri? service = azure ? null : new(text[..^AfterScheme(text).Length] + string.Join('/', parts[..at]));
        return new(text.TrimEnd('/'), service, container, azure ? prefix : Uri.UnescapeDataString(prefix));
    }

    /// <summary>The store at this address. Nothing is asked of it yet.</summary>
    /// <param name="scratch">Folder for blobs that are written out of order; null takes the system's for temporary files.</param>
    /// <exception cref="ConfigurationException">The environment does not tell the account, or its credentials are malformed.</exception>
    public ObjectStore Open(string? scratch = null) => IsLocal ? new LocalStore(Text) : new BlobStore(BlobCredentials.FromEnvironment().Connect(this), Prefix, Text, scratch);

    /// <summary>The store around the object at this address, and the object's name in it: its folder, or its container.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public (ObjectStore Store, string Name) OpenAround() => IsLocal
        ? (new LocalStore(Path.GetDirectoryName(Path.GetFullPath(Text))!), Path.GetFileName(Text))
        : (WithPrefix("").Open(), Prefix);

    /// <summary>The same container with another prefix.</summary>
    internal StoreAddress WithPrefix(string prefix)
    {
        string root = Service is null ? $"azure://{Container}" : $"{Service.AbsoluteUri.TrimEnd('/')}/{Container}";
        return new(prefix.Length == 0 ? root : $"{root}/{prefix}", Service, Container, prefix);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static string AfterScheme(string text) => text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];

    [GeneratedRegex(@"(?<=://)[^\s/@'""]+@", RegexOptions.CultureInvariant)]
    private static partial Regex User();

    // A glob may have '?' as a wildcard; a query has names with '='.
    [GeneratedRegex(@"\?\S*=\S*", RegexOptions.CultureInvariant)]
    private static partial Regex Query();

    [GeneratedRegex("^(azure|https?)://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Remote();

    [GeneratedRegex(@"^(?:\$root|\$web|\$logs|[a-z0-9](?:-?[a-z0-9]){2,62})\z", RegexOptions.CultureInvariant)]
    private static partial Regex ContainerName();
}
