namespace BatchSegmenter.Inference;

/// <summary>Signs model bundles.</summary>
public static class BundleSigner
{
    /// <summary>
    /// Signs a bundle that is whole and unchanged; a signature that it has is replaced. The bundle's files and its id stay as they are.
    /// </summary>
    /// <param name="folder">The bundle.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="clock">Tells the time of signing.</param>
    /// <returns>The bundle, loaded again and thus verified.</returns>
    /// <exception cref="InvalidModelBundleException">A file is missing, changed, invalid or not listed.</exception>
    /// <exception cref="InvalidCertificateException">The certificate is not valid now.</exception>
    /// <exception cref="IOException">The bundle can't be read or written.</exception>
    public static ModelBundle Sign(string folder, SigningCertificate signer, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(clock);
        DateTimeOffset now = clock.GetUtcNow();
        if (now < signer.Certificate.NotBefore || now > signer.Certificate.NotAfter)
            throw new InvalidCertificateException(signer.Path, FormattableString.Invariant(
                $"the certificate of {signer.Certificate.Subject} is valid from {signer.Certificate.NotBefore.ToUniversalTime():u} to {signer.Certificate.NotAfter.ToUniversalTime():u}, not now ({now:u})"));

        ModelBundle bundle = ModelBundle.Load(folder, BundleTrust.Anyone, signed: false);
        byte[] list = BundleFiles.Read(folder, BundleHashes.FileName, BundleFiles.MaxText);
        if (BundleHashes.Of(list) != bundle.Id) throw new InvalidModelBundleException(folder, $"{BundleHashes.FileName} changed while it was signed");

        // Beside the bundle, for a file in it that the list does not name would make it invalid, should this process be killed.
        string temporary = $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))}.{Environment.ProcessId}.tmp";
        try
        {
            File.WriteAllBytes(temporary, BundleSignature.Create(signer, list, now));
            File.Move(temporary, Path.Combine(folder, BundleSignature.FileName), overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        return ModelBundle.Load(folder);
    }
}
