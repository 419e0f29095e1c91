using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using BatchSegmenter.Commands.Model;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands.Model;

[Collection("console")]
public sealed class ModelSignCommandTests : IDisposable
{
    private const string Variable = "BATCHSEGMENTER_TEST_PASSWORD";

    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _certificate;
    private readonly StringWriter _output = new(), _errors = new();
    private readonly TextWriter _standardOutput = Console.Out, _standardError = Console.Error;

    public ModelSignCommandTests()
    {
        Console.SetOut(_output);
        Console.SetError(_errors);
        SampleBundle.Write(_folder["bundle"]);
        _certificate = new CertificateRequest("CN=Mapping", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256)
            .CreateSelfSigned(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Environment.SetEnvironmentVariable(Variable, "secret");
        _folder.Write("c.pem", _certificate.ExportCertificatePem());
        _folder.Write("k.pem", _certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        _folder.Write("locked.pem", _certificate.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        _folder.Write("password.txt", "secret\n");
        File.WriteAllBytes(_folder["c.pfx"], _certificate.Export(X509ContentType.Pfx, "secret"));
        File.WriteAllBytes(_folder["open.pfx"], _certificate.Export(X509ContentType.Pfx));
    }

    public void Dispose()
    {
        Console.SetOut(_standardOutput);
        Console.SetError(_standardError);
        Environment.SetEnvironmentVariable(Variable, null);
        _certificate.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("--certificate", "c.pem", "--key", "k.pem")]
    [InlineData("--certificate", "c.pem", "--key", "locked.pem", "--password-env", Variable)]
    [InlineData("--certificate", "c.pem", "--key", "locked.pem", "--password-file", "password.txt")]
    [InlineData("--certificate", "c.pfx", "--password-env", Variable)]
    [InlineData("--certificate", "open.pfx")]
    public void Signs_with_every_kind_of_file(params string[] options)
    {
        Assert.Equal((0, ""), (Sign(options), _errors.ToString()));
        Assert.Contains("signed by CN=Mapping", _output.ToString());
        Assert.Contains("2026-05-04 03:02:01Z", _output.ToString());
        Assert.Equal("CN=Mapping", ModelBundle.Load(_folder["bundle"]).Signature!.Certificate.Subject);
    }

    [Theory]
    [InlineData("the private key is locked", "--certificate", "c.pem", "--key", "locked.pem")]
    [InlineData("the private key is locked", "--certificate", "c.pfx")]
    [InlineData("no private key in it", "--certificate", "c.pem")]
    [InlineData("there is no such file", "--certificate", "nowhere.pem")]
    [InlineData("no such environment variable", "--certificate", "c.pfx", "--password-env", "BATCHSEGMENTER_NOWHERE")]
    [InlineData("give one of them", "--certificate", "c.pfx", "--password-env", Variable, "--password-file", "password.txt")]
    public void What_cannot_sign_is_a_usage_error(string told, params string[] options)
    {
        Assert.Equal(2, Sign(options));
        Assert.Contains(told, _errors.ToString());
        Assert.DoesNotContain("secret", _errors.ToString());
        Assert.Null(ModelBundle.Load(_folder["bundle"]).Signature);
    }

    [Fact]
    public void A_key_of_another_certificate_is_told()
    {
        _folder.Write("k.pem", ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportPkcs8PrivateKeyPem());
        Assert.Equal(2, Sign("--certificate", "c.pem", "--key", "k.pem"));
        Assert.Contains("can't be used with a certificate of", _errors.ToString());
    }

    [Fact]
    public void A_bundle_that_is_damaged_is_1_and_one_that_is_not_there_2()
    {
        File.AppendAllText(_folder["bundle/model.json"], " ");
        Assert.Equal(1, Sign("--certificate", "open.pfx"));
        Directory.Delete(_folder["bundle"], recursive: true);
        Assert.Equal(2, Sign("--certificate", "open.pfx"));
    }

    [Fact]
    public void Info_shows_the_signature_the_classes_and_the_files()
    {
        Assert.Equal(0, ModelInfoCommand.Create().Parse([_folder["bundle"], "--json"]).Invoke());
        using (JsonDocument before = JsonDocument.Parse(_output.ToString())) Assert.Equal(JsonValueKind.Null, before.RootElement.GetProperty("signature").ValueKind);
        Sign("--certificate", "open.pfx");
        _output.GetStringBuilder().Clear();

        Assert.Equal(0, ModelInfoCommand.Create().Parse([_folder["bundle"], "--json"]).Invoke());

        using JsonDocument info = JsonDocument.Parse(_output.ToString());
        JsonElement signature = info.RootElement.GetProperty("signature");
        Assert.Equal(("CN=Mapping", "ES256"), (signature.GetProperty("subject").GetString(), signature.GetProperty("algorithm").GetString()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(_certificate.RawData)), signature.GetProperty("thumbprint").GetString());
        Assert.Equal(new FileInfo(_folder["bundle/model.onnx"]).Length, info.RootElement.GetProperty("sizes").GetProperty("model.onnx").GetInt64());
        Assert.Equal(3, info.RootElement.GetProperty("model").GetProperty("classes").GetArrayLength());
    }

    private int Sign(params string[] options)
    {
        string[] files = ["c.pem", "k.pem", "locked.pem", "password.txt", "c.pfx", "open.pfx", "nowhere.pem"];
        return ModelSignCommand.Create(new StoppedClock()).Parse([_folder["bundle"], .. options.Select(it => files.Contains(it) ? _folder[it] : it)]).Invoke();
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);
    }
}
