using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// What opens blob stores: a connection string, else a shared access signature, else the identity of the machine or user
/// (DefaultAzureCredential). They come from the environment alone.
/// </summary>
internal sealed record BlobCredentials(string? Connection, string? Sas, string? Account)
{
    public const string ConnectionString = "AZURE_STORAGE_CONNECTION_STRING", SasToken = "AZURE_STORAGE_SAS_TOKEN", AccountName = "AZURE_STORAGE_ACCOUNT";

    private static readonly Lazy<TokenCredential> Identity = new(() => new DefaultAzureCredential());

    public static BlobCredentials FromEnvironment() => new(Value(ConnectionString), Value(SasToken), Value(AccountName));

    /// <summary>A client for the address's container.</summary>
    /// <exception cref="ConfigurationException">The account is unknown, or a credential malformed.</exception>
    public BlobContainerClient Connect(StoreAddress address, BlobClientOptions? options = null)
    {
        options ??= Options();
        try
        {
            if (Connection is not null)
            {
                BlobContainerClient client = new(Connection, address.Container, options);
                if (address.Service is null || IsSame(new BlobServiceClient(Connection).Uri, address.Service)) return client;
            }

            Uri service = address.Service ?? (Account is not null
                ? new Uri($"https://{Account}.blob.core.windows.net")
                : throw new ConfigurationException($"{address}: which account? Set {ConnectionString}, or {AccountName} with {SasToken} or a signed-in identity"));
            Uri container = new($"{service.AbsoluteUri.TrimEnd('/')}/{address.Container}");
            if (Sas is not null) return new(container, new AzureSasCredential(Sas.TrimStart('?')), options);
            return container.Scheme == Uri.UriSchemeHttps
                ? new(container, Identity.Value, options)
                : throw new ConfigurationException($"{address}: an identity is only shown to https addresses; set {ConnectionString} or {SasToken}");
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or InvalidOperationException)
        {
            // The fault's own text may quote the credential.
            throw new ConfigurationException($"{address}: {(Connection is not null ? ConnectionString : Sas is not null ? SasToken : AccountName)} is malformed");
        }
    }

    /// <summary>
    /// The version of the service's protocol is fixed, so that a newer client speaks to older services too. Faults that pass are
    /// tried again for about a minute, with growing pauses and jitter, which the client's own policy has.
    /// </summary>
    public static BlobClientOptions Options() => new(BlobClientOptions.ServiceVersion.V2025_05_05)
    {
        Retry = { Mode = RetryMode.Exponential, MaxRetries = 7, Delay = TimeSpan.FromMilliseconds(250), MaxDelay = TimeSpan.FromSeconds(20), NetworkTimeout = TimeSpan.FromSeconds(60) },
        Diagnostics = { IsLoggingContentEnabled = false },
    };

    private static bool IsSame(Uri one, Uri other) => one.AbsoluteUri.TrimEnd('/').Equals(other.AbsoluteUri.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);

    private static string? Value(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
