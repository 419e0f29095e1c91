using System.Text.Json.Nodes;
using BatchSegmenter.Inference.Calibration;
using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Networks.Recognition;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Inference.Tests.Calibration;

public sealed class BundleQuantizationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_bundle_says_what_it_is_and_passes_verification()
    {
        ModelBundle source = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels, others: new Dictionary<string, byte[]> { [ModelCard.FileName] = "# Card\n"u8.ToArray(), [VerificationReport.JsonFile] = "{}"u8.ToArray() });

        ModelBundle made = BundleQuantization.Write(source, Quantized(source), _folder["int8"], new JsonObject { ["loss"] = 0.1 });

        Assert.Equal(ModelPrecision.Int8, made.Description.Precision);
        Assert.Equal($"sample 1.0, id {source.Id}", made.Description.Quantization!.Source);
        Assert.Equal([ModelCard.FileName, ModelBundle.DescriptionFile, ModelBundle.NetworkFile, BundleQuantization.ReportFile, VerificationReport.JsonFile, VerificationReport.TextFile], made.Files.Keys.Order(StringComparer.Ordinal));
        Assert.StartsWith("# Card\n\n## Quantisation", File.ReadAllText(Path.Combine(made.Folder, ModelCard.FileName)));
        Assert.Contains("\"loss\": 0.1", File.ReadAllText(Path.Combine(made.Folder, BundleQuantization.ReportFile)));
        VerificationReport report = BundleVerification.Verify(made, BundleQuantization.Inputs(made));
        Assert.True(report.Passed, report.ToText());
        Assert.Equal(made.Description.ToJson(), ModelDescription.Parse(made.Description.ToJson(), "model.json").ToJson());
    }

    [Fact]
    public void A_bundle_in_half_precision_declares_what_accelerators_make_of_it()
    {
        ModelBundle source = ModelBundle.Load(Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial"));
        QuantizedNetwork network = NetworkQuantization.Halve(source, [SampleModels.Block(source.Description.PointNet2, 2000, 1)]);

        ModelBundle made = BundleQuantization.Write(source, network, _folder["fp16"]);

        Assert.Equal(ModelPrecision.Fp16, made.Description.Precision);
        Assert.EndsWith($"{network.Layers.Count} of {network.Layers.Count} layers are fp16; quantization.json tells size, speed and accuracy against the source.\n", File.ReadAllText(Path.Combine(made.Folder, ModelCard.FileName)));
        Assert.True(Verify(made).Passed);
        // The processor, which leaves rounding out, is nearer to the golden vectors; an accelerator must not be refused for its own.
        ModelBundle rounded = ModelBundleWriter.Write(_folder["rounded"], made.Description, network.Imitation!, Kept(made));
        Assert.True(Verify(rounded).Passed);
        Assert.True(Largest(rounded) > 2 * Largest(made), $"{Largest(rounded)} and {Largest(made)}");

        static double Largest(ModelBundle bundle) => Verify(bundle).Checks.Single(check => check.Name == "golden vectors").Figures!["largestDifference"]!.GetValue<double>();
    }

    [Fact]
    public void The_shipped_bundle_is_held_against_its_golden_vectors_by_what_it_declares()
    {
        ModelBundle source = ModelBundle.Load(Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial"));
        // Blocks that look like nothing on earth give ranges that are too wide; so more is lost than on surveys, which makes the declaration matter.
        QuantizedNetwork network = new(QuantizedAtRange(source, 12), [], 0, 0);
        ModelBundle made = BundleQuantization.Write(source, network, _folder["int8"]);
        QuantizationDescription declared = made.Description.Quantization!;
        Assert.True(declared.Tolerance > GoldenBlocks.Tolerance, $"tolerance {declared.Tolerance}");
        Assert.InRange(declared.LabelAgreement, 0.9, 0.9999);
        Assert.True(Verify(made).Passed);

        foreach (QuantizationDescription stricter in (QuantizationDescription[])[declared with { Tolerance = declared.Tolerance / 3 }, declared with { LabelAgreement = 1 }])
        {
            ModelBundle wrong = ModelBundleWriter.Write(_folder["wrong"], made.Description with { Quantization = stricter }, made.Graph, Kept(made));
            VerificationReport report = Verify(wrong);
            Assert.Equal(["golden vectors"], report.Checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => check.Name));
        }
    }

    [Fact]
    public void A_converted_bundle_is_held_against_its_golden_vectors_and_not_against_its_checkpoint()
    {
        GoldenCheckpoint golden = new("sem_seg");
        ParameterSource source = new("flag", golden.Parameters with { BlockPoints = 1024 });
        ModelBundle converted = BundleConverter.Convert(golden.Path, _folder["float"], new ConversionOptions { Sources = [source], Neighbourhoods = NeighbourhoodPlace.Outside }).Bundle!;
        ModelBundle made = BundleQuantization.Write(converted, new QuantizedNetwork(QuantizedAtRange(converted, 12), [], 0, 0), _folder["int8"]);

        VerificationReport report = BundleVerification.Verify(
            made, BundleQuantization.Inputs(made) with { Checkpoint = BundleCheckpoint.Open(golden.Path, made.Description.Architecture, [source]) });

        Assert.True(report.Passed, report.ToText());
        Assert.Equal(CheckOutcome.Passed, Assert.Single(report.Checks, check => check.Name == "golden vectors").Outcome);
        VerificationCheck check = Assert.Single(report.Checks, check => check.Name == "checkpoint");
        Assert.Equal(CheckOutcome.Skipped, check.Outcome);
        Assert.Contains($"id {converted.Id}", check.Detail);
    }

    [Fact]
    public void A_network_that_takes_points_alone_is_refused()
    {
        GoldenCheckpoint golden = new("sem_seg");
        ParameterSource source = new("flag", golden.Parameters with { BlockPoints = 1024 });
        ModelBundle converted = BundleConverter.Convert(golden.Path, _folder["float"], new ConversionOptions { Sources = [source], Neighbourhoods = NeighbourhoodPlace.Inside }).Bundle!;

        Assert.Contains("--neighbourhoods outside", Assert.Throws<InvalidModelBundleException>(() => BundleQuantization.RequireFloat(converted)).Message);
    }

    [Fact]
    public void What_is_int8_already_is_refused()
    {
        ModelBundle source = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels);
        ModelBundle made = BundleQuantization.Write(source, Quantized(source), _folder["int8"]);

        BundleQuantization.RequireFloat(source);
        Assert.Contains("int8 already", Assert.Throws<InvalidModelBundleException>(() => BundleQuantization.RequireFloat(made)).Message);
    }

    [Theory]
    [InlineData("\"precision\": \"int8\",", "quantization is missing")]
    [InlineData("\"quantization\": { \"source\": \"a\", \"tolerance\": 1, \"labelAgreement\": 0.99 },", "quantization is there")]
    [InlineData("\"precision\": \"int8\", \"quantization\": { \"source\": \"a\", \"tolerance\": -1, \"labelAgreement\": 0.99 },", "quantization.tolerance is -1")]
    [InlineData("\"precision\": \"int8\", \"quantization\": { \"source\": \"a\", \"tolerance\": 1, \"labelAgreement\": 1.5 },", "quantization.labelAgreement is 1.5")]
    [InlineData("\"precision\": \"int4\",", "int4")]
    public void Descriptions_that_contradict_themselves_are_refused(string keys, string told)
    {
        string json = SampleModels.Description().ToJson();
        InvalidModelBundleException refused = Assert.Throws<InvalidModelBundleException>(() => ModelDescription.Parse("{ " + keys + json[1..], "model.json"));
        Assert.True(refused.Message.Contains(told, StringComparison.Ordinal) || (told == "int4" && refused.Message.Contains("precision", StringComparison.Ordinal)), refused.Message);
    }

    private static QuantizedNetwork Quantized(ModelBundle source) => NetworkQuantization.Quantize(source, WideNetwork.Blocks(WideNetwork.TwoLevels, 4));

    private static Onnx.Graph.OnnxGraph QuantizedAtRange(ModelBundle bundle, float limit) => Onnx.Quantization.GraphQuantization.Apply(
        bundle.Graph,
        Onnx.Quantization.LinearNode.Find(bundle.Graph).ToDictionary(
            layer => layer, layer => new Onnx.Quantization.LayerScales(Onnx.Quantization.Int8Scale.Of(-limit, limit), layer.Pooling is null ? null : Onnx.Quantization.Int8Scale.Of(-limit, limit))));

    private static VerificationReport Verify(ModelBundle bundle) => BundleVerification.Verify(bundle, BundleQuantization.Inputs(bundle));

    private static Dictionary<string, byte[]> Kept(ModelBundle bundle) =>
        new() { [BundleBuilder.GoldenFile] = File.ReadAllBytes(Path.Combine(bundle.Folder, BundleBuilder.GoldenFile)) };
}
