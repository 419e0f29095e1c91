using System.Text;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Networks.Evaluation;

namespace BatchSegmenter.Inference.Conversion;

/// <summary>Makes a bundle of an ONNX file of any origin and a description of it; the file's bytes stay as they are.</summary>
public static class BundlePacker
{
    /// <summary>Packs a network.</summary>
    /// <param name="network">The ONNX file.</param>
    /// <param name="description">What <c>model.json</c> shall say.</param>
    /// <param name="folder">Where the bundle shall lie.</param>
    /// <param name="golden">A file of golden vectors, which goes into the bundle; null for none.</param>
    /// <returns>How the verification came out, and the bundle; null where it failed, and nothing was written.</returns>
    /// <exception cref="Onnx.ModelException">Network or golden vectors are invalid, or disagree with the description.</exception>
    /// <exception cref="IOException">A file can't be read or written.</exception>
    public static (VerificationReport Report, ModelBundle? Bundle) Pack(string network, ModelDescription description, string folder, string? golden)
    {
        byte[] bytes = File.ReadAllBytes(network);
        Dictionary<string, byte[]> others = new() { [ModelCard.FileName] = Encoding.UTF8.GetBytes(ModelCard.Write(description, 0)) };
        if (golden is not null) others[BundleConverter.GoldenFile] = File.ReadAllBytes(golden);
        VerificationInputs inputs = new() { Golden = golden is null ? [] : [(BundleConverter.GoldenFile, GoldenVectors.Read(golden))] };
        VerificationReport report = BundleBuilder.InScratch(path => ModelBundleWriter.Write(path, description, bytes), bundle => BundleVerification.Verify(bundle, inputs));
        if (!report.Passed) return (report, null);
        others[VerificationReport.JsonFile] = Encoding.UTF8.GetBytes(report.ToJson());
        others[VerificationReport.TextFile] = Encoding.UTF8.GetBytes(report.ToText());
        return (report, ModelBundleWriter.Write(folder, description, bytes, others));
    }
}
