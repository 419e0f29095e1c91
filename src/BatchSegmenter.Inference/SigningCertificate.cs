using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace BatchSegmenter.Inference;

/// <summary>A certificate with its private key, to sign bundles with, and the certificates that lead from it to one that others trust.</summary>
public sealed class SigningCertificate : IDisposable
{
    private SigningCertificate(string path, X509Certificate2 certificate, IEnumerable<X509Certificate2> issuers)
    {
        Path = path;
        Certificate = certificate;
        Issuers = [.. issuers];
    }

    /// <summary>The signer's certificate; it has the private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The other certificates of the file.</summary>
    public IReadOnlyList<X509Certificate2> Issuers { get; }

    internal string Path { get; }

    /// <summary>Reads a PKCS#12 file (<c>.pfx</c>, <c>.p12</c>), or a PEM file with the certificate and, there or beside it, the private key.</summary>
    /// <param name="certificate">The file; its content tells its kind.</param>
    /// <param name="key">A PEM file with the private key, if it is not in <paramref name="certificate"/>.</param>
    /// <param name="password">What the private key is locked with; null if it is not.</param>
    /// <exception cref="InvalidCertificateException">A file is missing or of another kind, the password is wrong, the key is not the certificate's.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public static SigningCertificate Load(string certificate, string? key = null, string? password = null)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        byte[] bytes = ReadFile(certificate);
        SigningCertificate signer = IsPem(bytes) ? OfPem(certificate, key, password) : OfPkcs12(bytes, certificate, password);
        BundleSignature.AlgorithmOf(signer.Certificate, certificate);
        return signer;
    }

    /// <summary>The certificates of a file, PEM (one or more) or DER.</summary>
    internal static IReadOnlyList<X509Certificate2> ReadCertificates(string path)
    {
        byte[] bytes = ReadFile(path);
        try
        {
            X509Certificate2Collection found = [];
            if (IsPem(bytes)) found.ImportFromPem(Encoding.UTF8.GetString(bytes));
            else found.Add(X509CertificateLoader.LoadCertificate(bytes));
            return found.Count > 0 ? [.. found] : throw new InvalidCertificateException(path, "there is no certificate in it; expected X.509, PEM or DER");
        }
        catch (CryptographicException fault)
        {
            throw new InvalidCertificateException(path, $"it holds no certificate; expected X.509, PEM or DER ({fault.Message})", fault);
        }
    }

    /// <summary>Forgets the private key.</summary>
    public void Dispose()
    {
        Certificate.Dispose();
        foreach (X509Certificate2 issuer in Issuers) issuer.Dispose();
    }

    private static SigningCertificate OfPem(string path, string? keyPath, string? password)
    {
        IReadOnlyList<X509Certificate2> certificates = ReadCertificates(path);
        string key = Encoding.UTF8.GetString(ReadFile(keyPath ?? path));
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw new InvalidCertificateException(keyPath ?? path, "there is no private key in it; name the file that has it with --key");
        bool isLocked = key.Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal);
        if (isLocked && password is null) throw new InvalidCertificateException(keyPath ?? path, Locked);

        Exception? last = null;
        foreach (X509Certificate2 candidate in certificates)
        {
            try
            {
                string text = candidate.ExportCertificatePem();
                X509Certificate2 owner = isLocked ? X509Certificate2.CreateFromEncryptedPem(text, key, password) : X509Certificate2.CreateFromPem(text, key);
                return new SigningCertificate(path, owner, certificates.Where(it => it != candidate));
            }
            catch (Exception fault) when (fault is CryptographicException or ArgumentException)
            {
                last = fault;
            }
        }

        throw new InvalidCertificateException(keyPath ?? path, $"the private key can't be used with a certificate of {path}: {last!.Message}", last);
    }

    private const string Locked = "the private key is locked; give its password with --password-env or --password-file";

    private static SigningCertificate OfPkcs12(byte[] bytes, string path, string? password)
    {
        try
        {
            X509KeyStorageFlags storage = OperatingSystem.IsMacOS() ? X509KeyStorageFlags.DefaultKeySet : X509KeyStorageFlags.EphemeralKeySet;
            X509Certificate2Collection found = X509CertificateLoader.LoadPkcs12Collection(bytes, password, storage);
            X509Certificate2 owner = found.FirstOrDefault(it => it.HasPrivateKey) ?? throw new InvalidCertificateException(path, "no certificate in it has a private key");
            return new SigningCertificate(path, owner, found.Where(it => it != owner));
        }
        catch (CryptographicException fault)
        {
            throw new InvalidCertificateException(path, password is null ? $"{Locked}, if it is a PKCS#12 file ({fault.Message})" : $"it is no PKCS#12 file, or the password is wrong ({fault.Message})", fault);
        }
    }

    private static bool IsPem(ReadOnlySpan<byte> bytes) => bytes.IndexOf("-----BEGIN "u8) >= 0;

    private static byte[] ReadFile(string path) =>
        !File.Exists(path) ? throw new InvalidCertificateException(path, "there is no such file")
        : new FileInfo(path).Length > BundleFiles.MaxText ? throw new InvalidCertificateException(path, "it is too large for certificates")
        : File.ReadAllBytes(path);
}
