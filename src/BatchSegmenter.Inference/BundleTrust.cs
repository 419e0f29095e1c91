using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BatchSegmenter.Inference;

/// <summary>
/// Whose bundles are used: those signed with one of the accepted certificates, or with one that an accepted certificate issued. Revocation
/// is not asked for (nothing here goes online): take a certificate off the list instead. A signature that was made while its
/// certificate was valid stays good when that expires.
/// </summary>
public sealed class BundleTrust
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    private readonly bool _requireSignature;
    private readonly X509Certificate2[] _accepted;

    /// <param name="requireSignature">Whether bundles without a signature are refused.</param>
    /// <param name="accepted">Certificates of signers or of those that issue such certificates; empty accepts every signer.</param>
    /// <exception cref="ArgumentException">A signature is required, but of nobody: anyone can sign.</exception>
    public BundleTrust(bool requireSignature, IReadOnlyList<X509Certificate2> accepted)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        if (requireSignature && accepted.Count == 0) throw new ArgumentException("A required signature needs at least one accepted certificate.", nameof(accepted));
        _requireSignature = requireSignature;
        _accepted = [.. accepted];
    }

    /// <summary>Takes bundles without a signature, and any signature that is valid.</summary>
    public static BundleTrust Anyone { get; } = new(false, []);

    /// <summary>Reads the accepted certificates from files, PEM (one or more) or DER.</summary>
    /// <param name="requireSignature">Whether bundles without a signature are refused.</param>
    /// <param name="files">Paths.</param>
    /// <exception cref="InvalidCertificateException">A file is missing or holds no certificate.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public static BundleTrust Load(bool requireSignature, IReadOnlyList<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return new(requireSignature, [.. files.SelectMany(file => SigningCertificate.ReadCertificates(file))]);
    }

    /// <summary>Refuses a bundle that is not to be trusted.</summary>
    /// <exception cref="InvalidModelBundleException">It is not signed but must be, or by nobody of the list.</exception>
    internal void Check(string folder, BundleSignature? signature)
    {
        string expected = $"expected a signature by {string.Join(" or ", _accepted.Select(BundleSignature.Name))}";
        if (signature is null)
        {
            if (_requireSignature) throw new InvalidModelBundleException(folder, $"the bundle is not signed; {expected}");
            return;
        }

        if (_accepted.Length == 0 || Array.Exists(_accepted, it => it.RawDataMemory.Span.SequenceEqual(signature.Certificate.RawDataMemory.Span))) return;
        if (!IsIssuedByAccepted(signature, out string why))
            throw new InvalidModelBundleException(folder, $"the bundle is signed by {signature}, which is not accepted{why}; {expected}");
    }

    private bool IsIssuedByAccepted(BundleSignature signature, out string why)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_accepted);
        chain.ChainPolicy.ExtraStore.AddRange(signature.Issuers.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = signature.Signed.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(CodeSigning));
        // An accepted issuer may itself be issued by one that is not: the chain may end anywhere, as long as an accepted one is on it.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        try
        {
            bool isWhole = chain.Build(signature.Certificate);
            bool isAccepted = chain.ChainElements.Skip(1).Any(element => Array.Exists(_accepted, it => it.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)));
            why = isAccepted ? $" ({string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')))})" : "";
            return isWhole && isAccepted;
        }
        finally
        {
            foreach (X509ChainElement element in chain.ChainElements) element.Certificate.Dispose();
        }
    }
}
