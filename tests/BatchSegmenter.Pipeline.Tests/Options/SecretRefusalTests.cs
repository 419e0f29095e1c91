using BatchSegmenter.Pipeline.Options;

namespace BatchSegmenter.Pipeline.Tests.Options;

public sealed class SecretRefusalTests : IDisposable
{
    private const string Secret = "bWFkZS11cC1zZWNyZXQ";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData($$"""{ "inputs": ["https://a.blob.core.windows.net/c?sv=1&sig={{Secret}}"], "model": "m", "output": "o" }""", "inputs (line 1)")]
    [InlineData($$"""{ "inputs": ["a"], "model": "m", "output": "AccountName=x;AccountKey={{Secret}}" }""", "output (line 1)")]
    [InlineData($$"""{ "inputs": ["a"], "model": "m", "output": "o", "limits": { "password": "{{Secret}}" } }""", "limits.password (line 1)")]
    [InlineData($$"""{ "inputs": ["a"], "model": "m", "output": "o", "connectionString": "{{Secret}}" }""", "connectionString (line 1)")]
    [InlineData($$"""{ "inputs": ["a"], "model": "m", "output": "o", "sas_token": ["{{Secret}}"], "limits": { "cores": "none" } }""", "sas_token (line 1)")]
    [InlineData($"// was ?sig={Secret}\n{{ \"inputs\": [\"a\"], \"model\": \"m\", \"output\": \"o\" }}", "line 1")]
    public void A_file_with_a_secret_is_refused_by_key_and_never_by_value(string json, string told)
    {
        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => PipelineFile.Load(_folder.Write("p.json", json)));

        Assert.Contains(told, fault.Message);
        Assert.Contains("secret", fault.Message);
        Assert.DoesNotContain(Secret, fault.ToString());
    }

    [Theory]
    [InlineData($"limits.password={Secret}")]
    [InlineData($"model=https://x/?sig={Secret}")]
    [InlineData($"=AccountKey={Secret}")]
    public void A_setting_with_a_secret_is_refused_too(string setting)
    {
        string file = _folder.Write("p.json", """{ "inputs": ["a"], "model": "m", "output": "o" }""");

        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => PipelineFile.Load(file, new() { Settings = [setting] }));

        Assert.DoesNotContain(Secret, fault.ToString());
    }
}
