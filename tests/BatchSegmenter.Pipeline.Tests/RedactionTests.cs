namespace BatchSegmenter.Pipeline.Tests;

public sealed class RedactionTests
{
    private const string Secret = "c2VjcmV0LW1hZGUtdXA+/x==";

    // Made up: 64 bytes.
    private const string StorageKey = "bWFkZSB1cCBmb3IgYSB0ZXN0LCBub2JvZHkncyBrZXkgYXQgYWxsOyA2NCBieXRlcyBleGFjdGx5LCBhbmQgLg==";

    [Theory]
    [InlineData($"https://a.blob.core.windows.net/c/x.laz?sv=2025&sig={Secret}&se=2027", "https://a.blob.core.windows.net/c/x.laz?sv=2025&sig=***&se=2027")]
    [InlineData($"?sig={Secret}", "?sig=***")]
    [InlineData($$"""{"text":"x\u0026sig={{Secret}}","level":"error"}""", """{"text":"x\u0026sig=***","level":"error"}""")]
    [InlineData($"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={Secret};EndpointSuffix=x", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=***;EndpointSuffix=x")]
    [InlineData($"SharedAccessSignature={Secret}", "SharedAccessSignature=***")]
    [InlineData("ftp://me:hunter22@host/x", "ftp://me:***@host/x")]
    [InlineData($"Authorization: Bearer {Secret}", "Authorization: Bearer ***")]
    [InlineData($"Authorization: SharedKey acc:{Secret}", "Authorization: SharedKey acc:***")]
    [InlineData($"found {StorageKey}; expected las", "found ***; expected las")]
    [InlineData($"Server=db;Password={Secret};x=1", "Server=db;Password=***;x=1")]
    public void A_secret_is_taken_out_and_all_around_it_stays(string text, string expected)
    {
        Assert.Equal(expected, Redaction.Of(text));
        Assert.Equal(expected, Redaction.Of(expected));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/data/design=2/a.las at byte 100: sigma=3")]
    [InlineData("https://a.blob.core.windows.net/c/x.laz?sv=2025")]
    [InlineData("archive.zip!/cloud.laz: 10:30 failed, me@example.org was told")]
    [InlineData("sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, of 64 digits")]
    [InlineData("C:\\surveys\\passwords\\a.las")]
    public void What_is_no_secret_stays(string text) => Assert.False(Redaction.Finds(text));

    [Theory]
    [InlineData("password", true)]
    [InlineData("accountKey", true)]
    [InlineData("sas_token", true)]
    [InlineData("sas", true)]
    [InlineData("ConnectionString", true)]
    [InlineData("AZURE_CLIENT_SECRET", true)]
    [InlineData("keys", false)]
    [InlineData("keep", false)]
    [InlineData("requireSignature", false)]
    public void Names_tell_secrets(string name, bool expected) => Assert.Equal(expected, Redaction.IsSecretName(name));

    [Fact]
    public void Secrets_of_the_environment_are_known_by_value()
    {
        const string Variable = "AZURE_TEST_CONNECTION_STRING";
        Environment.SetEnvironmentVariable(Variable, "AccountName=a;AccountKey=bWFkZXVwa2V5MTIz;SharedAccessSignature=sv=1&sig=bWFkZS11cA%2Bx%3D");
        try
        {
            Assert.Equal("signature *** was denied", Redaction.Of("signature bWFkZS11cA+x= was denied"));
            Assert.Equal("key *** was denied", Redaction.Of("key bWFkZXVwa2V5MTIz was denied"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }
}
