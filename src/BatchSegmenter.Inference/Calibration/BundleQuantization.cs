using System.Text;
using System.Text.Json.Nodes;
using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Serialization;

namespace BatchSegmenter.Inference.Calibration;

/// <summary>Makes the bundle of a quantised network: what proves and describes the float bundle goes along, what no longer holds does not.</summary>
public static class BundleQuantization
{
    /// <summary>The report's name inside a bundle.</summary>
    public const string ReportFile = "quantization.json";

    // Another processor rounds the float layers otherwise, and a number that lies between two bytes may fall to the other one.
    private const double ToleranceReserve = 1.5;
    private const double AgreementReserve = 0.005;

    /// <summary>Whether a bundle can be quantised at all.</summary>
    /// <exception cref="InvalidModelBundleException">It can't, for the reason told.</exception>
    public static void RequireFloat(ModelBundle bundle)
    {
        if (bundle.Description.Precision != ModelPrecision.Fp32)
            throw new InvalidModelBundleException(bundle.Folder, $"the bundle is {bundle.Description.Precision.ToString().ToLowerInvariant()} already; quantise the one in fp32 that it was made of ({bundle.Description.Quantization!.Source})");
        if (bundle.Description.Neighbourhoods != NeighbourhoodPlace.Outside)
            throw new InvalidModelBundleException(bundle.Folder, "the network computes its neighbourhoods itself; only bundles with \"neighbourhoods\": \"outside\" can be quantised: convert the checkpoint with --neighbourhoods outside");
    }

    /// <summary>Writes a bundle.</summary>
    /// <param name="source">The bundle in single precision.</param>
    /// <param name="network">Its network, quantised.</param>
    /// <param name="folder">Where the bundle shall lie.</param>
    /// <param name="report">What was measured, for the bundle; null for none.</param>
    /// <returns>The bundle.</returns>
    /// <exception cref="IOException">The folder holds something else, or can't be written.</exception>
    /// <exception cref="InvalidModelBundleException">The result is not sound.</exception>
    public static ModelBundle Write(ModelBundle source, QuantizedNetwork network, string folder, JsonObject? report = null)
    {
        string made = $"{source.Description.Name} {source.Description.Version}, id {source.Id}";
        ModelDescription description = source.Description with
        {
            Precision = network.Precision,
            Quantization = new QuantizationDescription(made, 0, 0),
            // They were measured with the other network; the report has both.
            Metrics = null,
        };
        byte[] bytes = OnnxWriter.Write(network.Graph);
        (double tolerance, double agreement) = BundleBuilder.InScratch(path => ModelBundleWriter.Write(path, description, bytes), bundle => Golden(source, bundle));
        if (network.Imitation is { } imitation)
        {
            // It shall hold on processors and on accelerators.
            (double further, double less) = BundleBuilder.InScratch(description, imitation, bundle => Golden(source, bundle));
            (tolerance, agreement) = (Math.Max(tolerance, further), Math.Min(agreement, less));
        }
        description = description with { Quantization = new QuantizationDescription(made, tolerance, agreement) };

        // Who signed the float network has not seen this one, and its verification is not that of this one.
        string[] past = [ModelBundle.NetworkFile, ModelBundle.DescriptionFile, VerificationReport.JsonFile, VerificationReport.TextFile, ReportFile];
        Dictionary<string, byte[]> others = source.Files.Keys.Except(past).ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(source.Folder, name)));
        if (others.TryGetValue(ModelCard.FileName, out byte[]? card)) others[ModelCard.FileName] = [.. card, .. Encoding.UTF8.GetBytes(CardSection(network, made))];
        VerificationReport verification = BundleBuilder.InScratch(
            path => ModelBundleWriter.Write(path, description, bytes, others), bundle => BundleVerification.Verify(bundle, Inputs(bundle)));
        if (!verification.Passed)
            throw new InvalidModelBundleException(folder, $"the quantised network is not sound: {string.Join("; ", verification.Checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => $"{check.Name}: {check.Detail}"))}");
        others[VerificationReport.JsonFile] = Encoding.UTF8.GetBytes(verification.ToJson());
        others[VerificationReport.TextFile] = Encoding.UTF8.GetBytes(verification.ToText());
        if (report is not null) others[ReportFile] = Encoding.UTF8.GetBytes(report.ToJsonString(new() { WriteIndented = true, NewLine = "\n" }) + "\n");
        return ModelBundleWriter.Write(folder, description, bytes, others);
    }

    /// <summary>What a bundle brings along to be held against.</summary>
    public static VerificationInputs Inputs(ModelBundle bundle) => new()
    {
        Blocks = bundle.Files.ContainsKey(BundleBuilder.GoldenFile) ? GoldenBlocks.Of(SafetensorsFile.Read(Path.Combine(bundle.Folder, BundleBuilder.GoldenFile))) : null,
        Golden = bundle.Files.ContainsKey(BundleConverter.GoldenFile) ? [(BundleConverter.GoldenFile, GoldenVectors.Read(Path.Combine(bundle.Folder, BundleConverter.GoldenFile)))] : [],
    };

    /// <summary>How far the quantised scores are from the golden ones of the source, with a reserve.</summary>
    private static (double Tolerance, double Agreement) Golden(ModelBundle source, ModelBundle quantized)
    {
        VerificationInputs inputs = Inputs(source);
        using SegmentationModel model = SegmentationModel.Load(quantized);
        VerificationCheck[] checks =
        [
            .. inputs.Blocks is { } blocks ? (VerificationCheck[])[GoldenCheck.Compare(model, blocks)] : [],
            .. inputs.Golden.Select(golden => GoldenCheck.Compare(model, golden.Vectors, golden.Name, explainer: null)),
        ];
        if (checks.Length == 0) return (0, 1);
        double largest = checks.Max(check => check.Figures!["largestDifference"]?.GetValue<double>() ?? throw new InvalidModelBundleException(quantized.Folder, "the quantised network gives scores that are no numbers"));
        double agreement = checks.Min(check => check.Figures!["labelAgreement"]!.GetValue<double>());
        return (Math.Round(largest * ToleranceReserve, 3), Math.Round(Math.Max(agreement - AgreementReserve, 0), 4));
    }

    private static string CardSection(QuantizedNetwork network, string source) => FormattableString.Invariant(
        $"\n## Quantisation\n\nMade of {source}, whose figures stand above. {network.Layers.Count(layer => layer.Quantized)} of {network.Layers.Count} layers are {network.Precision.ToString().ToLowerInvariant()}; {ReportFile} tells size, speed and accuracy against the source.\n");
}
