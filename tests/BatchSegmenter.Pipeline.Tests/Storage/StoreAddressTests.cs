using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Tests.Storage;

public sealed class StoreAddressTests
{
    private const string Key = "c2VjcmV0LXNlY3JldC1zZWNyZXQ=";

    [Theory]
    [InlineData("azure://nights/2026/in/", null, "nights", "2026/in")]
    [InlineData("azure://nights", null, "nights", "")]
    [InlineData("AZURE://nights/**/*.l?z", null, "nights", "**/*.l?z")]
    [InlineData("https://survey.blob.core.windows.net/nights/a%20b/c", "https://survey.blob.core.windows.net/", "nights", "a b/c")]
    [InlineData("https://survey.blob.core.chinacloudapi.cn/nights", "https://survey.blob.core.chinacloudapi.cn/", "nights", "")]
    [InlineData("http://127.0.0.1:10000/devstoreaccount1/nights/in", "http://127.0.0.1:10000/devstoreaccount1", "nights", "in")]
    public void Takes_addresses_apart(string text, string? service, string container, string prefix)
    {
        StoreAddress address = StoreAddress.Parse(text);

        Assert.False(address.IsLocal);
        Assert.Equal((service, container, prefix), (address.Service?.AbsoluteUri, address.Container, address.Prefix));
    }

    [Theory]
    [InlineData("/data/in")]
    [InlineData("C:\\data\\in")]
    [InlineData("relative/a.las")]
    public void Takes_paths_as_they_are(string path)
    {
        StoreAddress address = StoreAddress.Parse(path);
        Assert.True(address.IsLocal);
        Assert.Equal(path, address.Text);
    }

    [Theory]
    [InlineData("azure://")]
    [InlineData("azure://No-Capitals/in")]
    [InlineData("https://survey.blob.core.windows.net/")]
    [InlineData("https://example.com/container/a")]
    [InlineData("http://survey.blob.core.windows.net/container")]
    public void Refuses_what_is_no_address(string text) =>
        Assert.Contains("expected", Assert.Throws<ConfigurationException>(() => StoreAddress.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData($"https://survey.blob.core.windows.net/nights/in?sv=2024&sig={Key}")]
    [InlineData($"azure://nights/in?sig={Key}")]
    [InlineData($"https://someone:{Key}@survey.blob.core.windows.net/nights")]
    public void Refuses_credentials_in_an_address(string text)
    {
        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => StoreAddress.Parse(text));
        Assert.Contains("AZURE_STORAGE_SAS_TOKEN", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Connects_by_what_the_environment_holds()
    {
        string connection = $"DefaultEndpointsProtocol=https;AccountName=survey;AccountKey={Key};EndpointSuffix=core.windows.net";
        Assert.Equal("https://survey.blob.core.windows.net/nights", Uri(new(connection, null, null), "azure://nights/in"));
        Assert.Equal("https://other.blob.core.windows.net/nights", Uri(new(null, "?sv=1&sig=" + Key, "other"), "azure://nights/in").Split('?')[0]);
        Assert.Equal("https://third.blob.core.windows.net/nights", Uri(new(connection, null, null), "https://third.blob.core.windows.net/nights"));
        Assert.Equal("https://other.blob.core.windows.net/nights", Uri(new(null, null, "other"), "azure://nights/in"));
    }

    [Fact]
    public void Says_what_the_environment_lacks_without_saying_what_it_holds()
    {
        StoreAddress address = StoreAddress.Parse("azure://nights/in");
        Assert.Contains("AZURE_STORAGE_CONNECTION_STRING", Assert.Throws<ConfigurationException>(() => new BlobCredentials(null, null, null).Connect(address)).Message, StringComparison.Ordinal);

        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => new BlobCredentials($"AccountKey={Key};nonsense", null, null).Connect(address));
        Assert.Contains("AZURE_STORAGE_CONNECTION_STRING is malformed", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", fault.ToString(), StringComparison.Ordinal);
    }

    private static string Uri(BlobCredentials credentials, string address) => credentials.Connect(StoreAddress.Parse(address)).Uri.AbsoluteUri;
}
