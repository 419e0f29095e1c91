using System.CommandLine;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model sign</c>: vouches for a bundle with an X.509 certificate.</summary>
internal static class ModelSignCommand
{
    /// <summary>The command with its options and action.</summary>
    /// <param name="clock">Tells the time of signing.</param>
    public static Command Create(TimeProvider clock)
    {
        Argument<string> folder = new("BUNDLE") { Description = "A model bundle's folder. A signature that it has is replaced." };
        Option<string> certificate = new("--certificate") { Description = "The certificate: PKCS#12 with its private key, or PEM. ECDSA (P-256, P-384, P-521) or RSA.", Required = true, HelpName = "FILE.pfx|FILE.pem" };
        Option<string?> key = new("--key") { Description = "The private key, if the PEM file does not have it.", HelpName = "KEY.pem" };
        Option<string?> passwordEnvironment = new("--password-env") { Description = "The environment variable that holds the private key's password.", HelpName = "NAME" };
        Option<string?> passwordFile = new("--password-file") { Description = "The file whose first line is the private key's password.", HelpName = "FILE" };
        Command command = new("sign", "Sign a model bundle, so that a pipeline can require it to be yours (trust.requireSignature).") { folder, certificate, key, passwordEnvironment, passwordFile };
        command.SetAction(parsed =>
        {
            try
            {
                string? password = Password(parsed.GetValue(passwordEnvironment), parsed.GetValue(passwordFile));
                using SigningCertificate signer = SigningCertificate.Load(parsed.GetRequiredValue(certificate), parsed.GetValue(key), password);
                ModelBundle bundle = BundleSigner.Sign(parsed.GetRequiredValue(folder), signer, clock);
                Console.Out.WriteLine($"{Path.Combine(bundle.Folder, BundleSignature.FileName)}: {bundle.Description.Name} {bundle.Description.Version}, id {bundle.Id}");
                Console.Out.WriteLine(FormattableString.Invariant($"signed by {bundle.Signature} with {bundle.Signature!.Algorithm} at {bundle.Signature.Signed:u}"));
                return 0;
            }
            catch (Exception fault) when (fault is ModelBundleNotFoundException or InvalidCertificateException)
            {
                return CommandFault.Report(2, fault);
            }
            catch (Exception fault) when (fault is ModelException or IOException or UnauthorizedAccessException)
            {
                return CommandFault.Report(1, fault);
            }
        });
        return command;
    }

    private static string? Password(string? variable, string? file)
    {
        if (variable is not null && file is not null) throw new InvalidCertificateException("--password-env, --password-file", "give one of them");
        if (variable is not null) return Environment.GetEnvironmentVariable(variable) ?? throw new InvalidCertificateException($"--password-env {variable}", "there is no such environment variable");
        if (file is null) return null;
        return File.Exists(file) ? File.ReadLines(file).FirstOrDefault("") : throw new InvalidCertificateException($"--password-file {file}", "there is no such file");
    }
}
