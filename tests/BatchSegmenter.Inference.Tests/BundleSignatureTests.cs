using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

public sealed class BundleSignatureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _bundle;

    public BundleSignatureTests()
    {
        _bundle = _folder["bundle"];
        ModelBundleWriter.Write(_bundle, SampleModels.Description(), PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1)),
            new Dictionary<string, byte[]> { ["card.md"] = Encoding.UTF8.GetBytes("# a card") });
    }

    private string SignatureFile => Path.Combine(_bundle, BundleSignature.FileName);

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Algorithms => ["ES256", "ES384", "ES512", "PS256"];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Signs_with_each_kind_of_key_and_changes_nothing_else(string algorithm)
    {
        string id = ModelBundle.Load(_bundle).Id;
        using X509Certificate2 certificate = SampleCertificates.Own("Mapping", KeyOf(algorithm));

        BundleSignature signature = Sign(certificate).Signature!;

        Assert.Equal((algorithm, StoppedClock.Default.GetUtcNow()), (signature.Algorithm, signature.Signed));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)), signature.Thumbprint);
        Assert.Contains("CN=Mapping", signature.ToString());
        Assert.Equal(id, ModelBundle.Load(_bundle).Id);
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Path).Length); // the bundle and the certificate: nothing is left beside it
    }

    /// <summary>RFC 7515 and 7518 by hand: base64url(header) . base64url(content), and r and s of equal length for ECDSA.</summary>
    [Fact]
    public void Any_reader_of_web_signatures_can_verify_it()
    {
        using X509Certificate2 certificate = SampleCertificates.Own("Mapping");
        Sign(certificate);

        string[] parts = File.ReadAllText(SignatureFile).Split('.');
        JsonNode header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!;
        Assert.Equal(("ES256", ""), ((string)header["alg"]!, parts[1]));
        Assert.Equal(Convert.ToBase64String(certificate.RawData), (string)header["x5c"]![0]!);
        string content = $"{parts[0]}.{Base64Url.EncodeToString(File.ReadAllBytes(Path.Combine(_bundle, "hashes.json")))}";
        byte[] signature = Base64Url.DecodeFromChars(parts[2]);
        Assert.Equal(64, signature.Length);
        Assert.True(certificate.GetECDsaPublicKey()!.VerifyHash(SHA256.HashData(Encoding.ASCII.GetBytes(content)), signature));
    }

    [Fact]
    public void A_bit_flipped_anywhere_in_the_bundle_is_noticed()
    {
        using X509Certificate2 certificate = SampleCertificates.Own("Mapping");
        Sign(certificate);
        Random random = new(7);
        foreach (string path in Directory.GetFiles(_bundle))
        {
            byte[] bytes = File.ReadAllBytes(path);
            // Every byte of the short files; of the network its head and some hundred others.
            int[] places = bytes.Length <= 2000 ? [.. Enumerable.Range(0, bytes.Length)] : [.. Enumerable.Range(0, 64), .. Enumerable.Range(0, 200).Select(_ => random.Next(bytes.Length))];
            foreach (int place in places)
            {
                byte[] flipped = [.. bytes];
                flipped[place] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(path, flipped);
                Exception? fault = Record.Exception(() => ModelBundle.Load(_bundle));
                Assert.True(fault is InvalidModelBundleException, $"{path}, byte {place}: {bytes[place]:X2} became {flipped[place]:X2}: {fault?.ToString() ?? "taken"}");
            }

            File.WriteAllBytes(path, bytes);
        }

        ModelBundle.Load(_bundle);
    }

    [Fact]
    public void Every_bit_of_the_list_counts_even_where_nobody_signed()
    {
        string path = Path.Combine(_bundle, "hashes.json");
        byte[] bytes = File.ReadAllBytes(path);
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            File.WriteAllBytes(path, bytes);
            Assert.ThrowsAny<InvalidModelBundleException>(() => ModelBundle.Load(_bundle));
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Fact]
    public void A_signature_of_another_list_is_broken_until_the_bundle_is_signed_again()
    {
        using X509Certificate2 certificate = SampleCertificates.Own("Mapping");
        Sign(certificate);
        byte[] signature = File.ReadAllBytes(SignatureFile);
        ModelBundleWriter.Write(_bundle, SampleModels.Description() with { Version = "2.0" }, PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1)));
        Assert.Null(ModelBundle.Load(_bundle).Signature); // made anew, and so without a signature
        File.WriteAllBytes(SignatureFile, signature);

        string refusal = Refusal();
        Assert.Contains("the signature is broken", refusal);
        Assert.Contains("CN=Mapping", refusal);
        Assert.NotNull(Sign(certificate).Signature);
        ModelBundle.Load(_bundle);
    }

    [Fact]
    public void A_bundle_that_was_changed_is_not_signed()
    {
        using X509Certificate2 certificate = SampleCertificates.Own("Mapping");
        File.AppendAllText(Path.Combine(_bundle, "card.md"), "!");
        Assert.Contains("the file was changed", Assert.Throws<InvalidModelBundleException>(() => Sign(certificate)).Message);
        Assert.False(File.Exists(SignatureFile));
    }

    [Theory]
    [InlineData(2024, false)]
    [InlineData(2028, false)]
    [InlineData(2026, true)]
    public void A_certificate_signs_only_while_it_is_valid(int year, bool isValid)
    {
        using X509Certificate2 certificate = SampleCertificates.Own("Mapping");
        StoppedClock clock = new(new DateTimeOffset(year, 6, 1, 0, 0, 0, TimeSpan.Zero));
        if (isValid) Assert.NotNull(Sign(certificate, clock).Signature);
        else Assert.Contains("not now", Assert.Throws<InvalidCertificateException>(() => Sign(certificate, clock)).Message);
    }

    /// <summary>A header that says another algorithm, another time, or another signer is not the header that was signed.</summary>
    [Theory]
    [InlineData("alg", "none", "its algorithm is none; ES256 belongs")]
    [InlineData("alg", "HS256", "its algorithm is HS256; ES256 belongs")]
    [InlineData("iat", 1, "broken")]
    [InlineData("crit", "b64", "no signature that can be verified")]
    public void A_header_that_was_edited_is_refused(string key, object value, string told)
    {
        using X509Certificate2 certificate = SampleCertificates.Own("Mapping");
        Sign(certificate);
        string[] parts = File.ReadAllText(SignatureFile).Split('.');
        JsonNode header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!;
        header[key] = JsonValue.Create(value);
        File.WriteAllText(SignatureFile, $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()))}..{parts[2]}");
        Assert.Contains(told, Refusal());
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("bm8.bm8.bm8")]
    [InlineData("e30..AAAA")]
    [InlineData("bnVsbA..AAAA")]
    [InlineData("eyJhbGciOiJFUzI1NiIsImlhdCI6MSwieDVjIjpbXX0..AAAA")]
    [InlineData("eyJhbGciOiJFUzI1NiIsImlhdCI6MSwieDVjIjpbbnVsbF19..AAAA")]
    public void What_is_no_signature_is_refused(string content)
    {
        File.WriteAllText(SignatureFile, content);
        Assert.Contains("no signature that can be verified", Refusal());
    }

    private static AsymmetricAlgorithm KeyOf(string algorithm) => algorithm switch
    {
        "ES384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        "ES512" => ECDsa.Create(ECCurve.NamedCurves.nistP521),
        "PS256" => RSA.Create(2048),
        _ => ECDsa.Create(ECCurve.NamedCurves.nistP256),
    };

    private string Refusal() => Assert.Throws<InvalidModelBundleException>(() => ModelBundle.Load(_bundle)).Message;

    private ModelBundle Sign(X509Certificate2 certificate, TimeProvider? clock = null)
    {
        File.WriteAllText(_folder["signer.pem"], SampleCertificates.Pem(certificate));
        using SigningCertificate signer = SigningCertificate.Load(_folder["signer.pem"]);
        return BundleSigner.Sign(_bundle, signer, clock ?? StoppedClock.Default);
    }
}
