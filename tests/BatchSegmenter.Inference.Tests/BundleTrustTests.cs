using System.Security.Cryptography.X509Certificates;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

public sealed class BundleTrustTests : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", CodeSigning = "1.3.6.1.5.5.7.3.3";

    private readonly TemporaryFolder _folder = new();
    private readonly string _bundle;

    public BundleTrustTests()
    {
        _bundle = _folder["bundle"];
        ModelBundleWriter.Write(_bundle, SampleModels.Description(), PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1)));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_a_policy_anybody_may_sign_or_not()
    {
        Assert.Null(ModelBundle.Load(_bundle).Signature);
        Sign(SampleCertificates.Own("Anybody"));
        Assert.NotNull(ModelBundle.Load(_bundle).Signature);
    }

    [Fact]
    public void A_required_signature_must_be_there()
    {
        X509Certificate2 mapping = SampleCertificates.Own("Mapping");
        Assert.Contains("the bundle is not signed; expected a signature by CN=Mapping", Refusal(true, mapping));
        ModelBundle.Load(_bundle, new BundleTrust(false, [mapping]));
        Assert.Throws<ArgumentException>(() => new BundleTrust(true, []));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_signature_must_be_of_the_list_also_where_it_need_not_be_there(bool required)
    {
        X509Certificate2 mapping = SampleCertificates.Own("Mapping"), other = SampleCertificates.Own("Mapping");
        Sign(other);
        string refusal = Refusal(required, mapping);
        Assert.Contains($"signed by CN=Mapping (SHA-256 thumbprint {BundleSignature.ThumbprintOf(other)}), which is not accepted", refusal);
        Assert.Contains(BundleSignature.ThumbprintOf(mapping), refusal[refusal.IndexOf("expected")..]);
        ModelBundle.Load(_bundle, new BundleTrust(required, [mapping, other]));
    }

    [Fact]
    public void An_issuer_on_the_list_vouches_for_those_it_issued()
    {
        X509Certificate2 root = SampleCertificates.Authority("Root"), office = SampleCertificates.Authority("Office", root);
        X509Certificate2 signer = SampleCertificates.IssuedBy(office, "Signer", CodeSigning);
        Sign(signer, office);

        ModelBundle.Load(_bundle, new BundleTrust(true, [root]));
        ModelBundle.Load(_bundle, new BundleTrust(true, [office]));
        ModelBundle.Load(_bundle, new BundleTrust(true, [signer]));
        Assert.Contains("not accepted", Refusal(true, SampleCertificates.Authority("Root")));
        Assert.Contains("not accepted", Refusal(true, SampleCertificates.Authority("Office")));
    }

    [Fact]
    public void A_chain_with_a_gap_or_a_forged_link_leads_nowhere()
    {
        X509Certificate2 root = SampleCertificates.Authority("Root"), office = SampleCertificates.Authority("Office", root);
        Sign(SampleCertificates.IssuedBy(office, "Signer"));
        Assert.Contains("not accepted", Refusal(true, root)); // without the office's certificate

        X509Certificate2 forged = SampleCertificates.Authority("Office");
        X509Certificate2 signer = SampleCertificates.IssuedBy(forged, "Signer");
        Sign(signer, office); // the real office's certificate, which did not issue this one
        Assert.Contains("not accepted", Refusal(true, root));
        Assert.Contains("not accepted", Refusal(true, office));
    }

    [Fact]
    public void Who_is_no_authority_vouches_for_nobody()
    {
        X509Certificate2 mapping = SampleCertificates.Own("Mapping");
        Sign(SampleCertificates.IssuedBy(mapping, "Friend"), mapping);
        Assert.Contains("not accepted", Refusal(true, mapping));
    }

    [Fact]
    public void An_issuers_certificates_for_servers_sign_no_models()
    {
        X509Certificate2 root = SampleCertificates.Authority("Root"), server = SampleCertificates.IssuedBy(root, "Server", ServerAuthentication);
        Sign(server);
        Assert.Contains("not accepted", Refusal(true, root));
        ModelBundle.Load(_bundle, new BundleTrust(true, [server])); // named itself, it is meant
    }

    /// <summary>All these certificates end in 2027; the signature is of 2026 and this test runs whenever.</summary>
    [Fact]
    public void A_signature_made_in_time_outlives_its_certificate()
    {
        X509Certificate2 root = SampleCertificates.Authority("Root");
        Sign(SampleCertificates.IssuedBy(root, "Signer"));
        Assert.Equal(2026, ModelBundle.Load(_bundle, new BundleTrust(true, [root])).Signature!.Signed.Year);
    }

    [Fact]
    public void The_list_is_read_from_pem_and_der_files()
    {
        X509Certificate2 a = SampleCertificates.Own("A"), b = SampleCertificates.Own("B"), c = SampleCertificates.Own("C");
        File.WriteAllText(_folder["two.pem"], a.ExportCertificatePem() + "\n" + b.ExportCertificatePem());
        File.WriteAllBytes(_folder["one.cer"], c.RawData);
        BundleTrust trust = BundleTrust.Load(true, [_folder["two.pem"], _folder["one.cer"]]);
        foreach (X509Certificate2 signer in (X509Certificate2[])[a, b, c])
        {
            Sign(signer);
            ModelBundle.Load(_bundle, trust);
        }
    }

    [Theory]
    [InlineData(null, "there is no such file")]
    [InlineData("not a certificate", "holds no certificate")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "there is no certificate in it")]
    public void A_file_without_certificates_is_named(string? content, string told)
    {
        if (content is not null) File.WriteAllText(_folder["k.pem"], content);
        InvalidCertificateException fault = Assert.Throws<InvalidCertificateException>(() => BundleTrust.Load(true, [_folder["k.pem"]]));
        Assert.Equal(_folder["k.pem"], fault.Path);
        Assert.Contains(told, fault.Message);
    }

    private string Refusal(bool required, params X509Certificate2[] accepted) =>
        Assert.Throws<InvalidModelBundleException>(() => ModelBundle.Load(_bundle, new BundleTrust(required, accepted))).Message;

    private void Sign(params X509Certificate2[] certificates)
    {
        File.WriteAllText(_folder["signer.pem"], SampleCertificates.Pem(certificates));
        using SigningCertificate signer = SigningCertificate.Load(_folder["signer.pem"]);
        BundleSigner.Sign(_bundle, signer, StoppedClock.Default);
    }
}
