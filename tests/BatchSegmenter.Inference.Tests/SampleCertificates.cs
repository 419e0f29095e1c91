using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BatchSegmenter.Inference.Tests;

/// <summary>Certificates made for a test, valid from 2025 to 2027 unless told otherwise.</summary>
internal static class SampleCertificates
{
    public static readonly DateTimeOffset From = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero), To = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static X509Certificate2 Own(string name, AsymmetricAlgorithm? key = null) => Request(name, key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256)).CreateSelfSigned(From, To);

    public static X509Certificate2 Authority(string name, X509Certificate2? issuer = null)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        CertificateRequest request = Request(name, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return issuer is null ? request.CreateSelfSigned(From, To) : Issue(request, issuer, key);
    }

    public static X509Certificate2 IssuedBy(X509Certificate2 issuer, string name, string? usage = null)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request(name, key);
        if (usage is not null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        return Issue(request, issuer, key);
    }

    private static X509Certificate2 Issue(CertificateRequest request, X509Certificate2 issuer, ECDsa key) =>
        request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!), From, To, RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key);

    private static CertificateRequest Request(string name, AsymmetricAlgorithm key) => key is RSA rsa
        ? new($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
        : new($"CN={name}", (ECDsa)key, HashAlgorithmName.SHA256);

    /// <summary>The certificates as a PEM file, the first one with its private key.</summary>
    public static string Pem(params X509Certificate2[] certificates) =>
        string.Join('\n', [Key(certificates[0]).ExportPkcs8PrivateKeyPem(), .. certificates.Select(it => it.ExportCertificatePem())]);

    public static AsymmetricAlgorithm Key(X509Certificate2 certificate) => (AsymmetricAlgorithm?)certificate.GetECDsaPrivateKey() ?? certificate.GetRSAPrivateKey()!;
}

/// <summary>A clock that stands still.</summary>
internal sealed class StoppedClock(DateTimeOffset now) : TimeProvider
{
    public static readonly StoppedClock Default = new(new DateTimeOffset(2026, 5, 4, 3, 2, 1, TimeSpan.Zero));

    public override DateTimeOffset GetUtcNow() => now;
}
