using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BatchSegmenter.Inference;

/// <summary>
/// The signature of a bundle, <c>signature.jws</c>: a JSON Web Signature (RFC 7515, compact form with detached content, <c>header..signature</c>)
/// over the bytes of <c>hashes.json</c>. Its header holds the algorithm, the time and the certificates, and is signed too, so that no byte
/// of the file can change unnoticed.
/// </summary>
public sealed class BundleSignature
{
    /// <summary>The signature's file inside a bundle.</summary>
    public const string FileName = "signature.jws";

    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
    };

    private BundleSignature(string algorithm, DateTimeOffset signed, X509Certificate2 certificate, IReadOnlyList<X509Certificate2> issuers)
    {
        Algorithm = algorithm;
        Signed = signed;
        Certificate = certificate;
        Issuers = issuers;
    }

    /// <summary>ES256, ES384 or ES512 (ECDSA on a NIST curve), or PS256 (RSA-PSS), as RFC 7518 names them.</summary>
    public string Algorithm { get; }

    /// <summary>When it was signed, by the signer's clock, to the second.</summary>
    public DateTimeOffset Signed { get; }

    /// <summary>The signer's certificate. That it is the signer's is proven; whether it is to be trusted is up to <see cref="BundleTrust"/>.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Further certificates, which may lead from the signer's to one that is trusted.</summary>
    public IReadOnlyList<X509Certificate2> Issuers { get; }

    /// <summary>The SHA-256 of the signer's certificate, in lower-case hex.</summary>
    public string Thumbprint => ThumbprintOf(Certificate);

    /// <summary>The signer as error messages name it.</summary>
    public override string ToString() => Name(Certificate);

    internal static string ThumbprintOf(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    internal static string Name(X509Certificate2 certificate) => $"{certificate.Subject} (SHA-256 thumbprint {ThumbprintOf(certificate)})";

    /// <summary>Signs the bytes of a list; the content of the signature's file.</summary>
    internal static byte[] Create(SigningCertificate signer, ReadOnlySpan<byte> list, DateTimeOffset time)
    {
        string algorithm = AlgorithmOf(signer.Certificate, signer.Path);
        Header header = new(algorithm, time.ToUnixTimeSeconds(), [signer.Certificate.RawData, .. signer.Issuers.Select(issuer => issuer.RawData)]);
        string text = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header, JsonOptions));
        byte[] content = Content(text, list);
        using ECDsa? ecdsa = signer.Certificate.GetECDsaPrivateKey();
        using RSA? rsa = signer.Certificate.GetRSAPrivateKey();
        byte[] signature = ecdsa?.SignData(content, HashOf(algorithm)) ?? rsa!.SignData(content, HashOf(algorithm), RSASignaturePadding.Pss);
        return Encoding.ASCII.GetBytes($"{text}..{Base64Url.EncodeToString(signature)}");
    }

    /// <summary>Verifies a signature against the list.</summary>
    /// <param name="file">The content of the signature's file.</param>
    /// <param name="list">The content of <c>hashes.json</c>.</param>
    /// <param name="path">What to call the file in an error.</param>
    /// <exception cref="InvalidModelBundleException">It is damaged, or is not of this list.</exception>
    internal static BundleSignature Verify(ReadOnlySpan<byte> file, ReadOnlySpan<byte> list, string path)
    {
        BundleSignature claimed;
        bool isValid;
        try
        {
            string[] parts = Encoding.Latin1.GetString(file).Split('.');
            if (parts is not [{ Length: > 0 }, "", { Length: > 0 }]) throw new FormatException("expected header..signature");
            Header header = JsonSerializer.Deserialize<Header>(Base64Url.DecodeFromChars(parts[0]), JsonOptions) ?? throw new FormatException("its header is null");
            if (header.Certificates.Count == 0) throw new FormatException("it has no certificate");
            X509Certificate2[] certificates = [.. header.Certificates.Select(bytes => X509CertificateLoader.LoadCertificate(bytes))];
            claimed = new BundleSignature(header.Algorithm, DateTimeOffset.FromUnixTimeSeconds(header.IssuedAt), certificates[0], certificates[1..]);
            string algorithm = AlgorithmOf(claimed.Certificate, path);
            if (claimed.Algorithm != algorithm) throw new FormatException($"its algorithm is {claimed.Algorithm}; {algorithm} belongs to the key of {claimed}");

            byte[] signature = Base64Url.DecodeFromChars(parts[2]), content = Content(parts[0], list);
            using ECDsa? ecdsa = claimed.Certificate.GetECDsaPublicKey();
            using RSA? rsa = claimed.Certificate.GetRSAPublicKey();
            // Decoders pass over blanks and idle bits at the end; written again they would be gone.
            isValid = Base64Url.EncodeToString(signature) == parts[2]
                && (ecdsa?.VerifyData(content, signature, HashOf(algorithm)) ?? rsa!.VerifyData(content, signature, HashOf(algorithm), RSASignaturePadding.Pss));
        }
        catch (Exception fault) when (fault is FormatException or JsonException or CryptographicException or InvalidCertificateException or ArgumentException)
        {
            throw new InvalidModelBundleException(path, $"it is no signature that can be verified: {(fault as InvalidCertificateException)?.Problem ?? fault.Message}", fault);
        }

        if (!isValid)
            throw new InvalidModelBundleException(path, $"the signature is broken: it claims to be by {claimed}, but {BundleHashes.FileName} or the signature was altered");
        if (claimed.Signed < claimed.Certificate.NotBefore || claimed.Signed > claimed.Certificate.NotAfter)
            throw new InvalidModelBundleException(path, FormattableString.Invariant(
                $"it was signed at {claimed.Signed:u}, when the certificate of {claimed} was not valid ({claimed.Certificate.NotBefore.ToUniversalTime():u} to {claimed.Certificate.NotAfter.ToUniversalTime():u})"));
        return claimed;
    }

    /// <summary>The one algorithm that belongs to a certificate's key.</summary>
    /// <exception cref="InvalidCertificateException">The key is of another kind, or too short.</exception>
    internal static string AlgorithmOf(X509Certificate2 certificate, string path)
    {
        using ECDsa? ecdsa = certificate.GetECDsaPublicKey();
        using RSA? rsa = certificate.GetRSAPublicKey();
        string? algorithm = ecdsa?.ExportParameters(includePrivateParameters: false).Curve.Oid.Value switch
        {
            "1.2.840.10045.3.1.7" => "ES256",
            "1.3.132.0.34" => "ES384",
            "1.3.132.0.35" => "ES512",
            _ => rsa?.KeySize is >= 2048 and <= 16384 ? "PS256" : null,
        };
        return algorithm ?? throw new InvalidCertificateException(
            path, $"the key of {Name(certificate)} is {certificate.PublicKey.Oid.FriendlyName ?? certificate.PublicKey.Oid.Value}; expected ECDSA on P-256, P-384 or P-521, or RSA of 2048 to 16384 bits");
    }

    private static HashAlgorithmName HashOf(string algorithm) => new($"SHA{algorithm.AsSpan(2)}");

    private static byte[] Content(string header, ReadOnlySpan<byte> list) => [.. Encoding.Latin1.GetBytes(header), (byte)'.', .. Encoding.ASCII.GetBytes(Base64Url.EncodeToString(list))];

    private sealed record Header(
        [property: JsonPropertyName("alg")] string Algorithm, [property: JsonPropertyName("iat")] long IssuedAt, [property: JsonPropertyName("x5c")] IReadOnlyList<byte[]> Certificates);
}
