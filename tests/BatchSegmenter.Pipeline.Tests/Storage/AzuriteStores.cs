using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests.Storage;

/// <summary>Stores on the emulator.</summary>
internal static class AzuriteStores
{
    /// <summary>A store in a container.</summary>
    /// <param name="server">The emulator.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="prefix">The store's prefix.</param>
    /// <param name="port">The server's port, or that of a proxy.</param>
    public static BlobStore Store(this AzuriteServer server, string container, string prefix = "", int? port = null)
    {
        StoreAddress address = StoreAddress.Parse($"azure://{container}/{prefix}");
        return new(new BlobCredentials(AzuriteServer.ConnectionAt(port ?? server.Port), null, null).Connect(address), address.Prefix, address.Text);
    }
}
