using System.Text;
using System.Text.Json.Nodes;
using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Pruning;

namespace BatchSegmenter.Inference.Calibration;

/// <summary>Makes the checkpoint and the bundle of a pruned network.</summary>
public static class BundlePruning
{
    /// <summary>The report's name inside a bundle.</summary>
    public const string ReportFile = "prune.json";

    /// <summary>The layers of a bundle that can be pruned.</summary>
    /// <exception cref="InvalidModelBundleException">It can't, for the reason told.</exception>
    public static PointNet2Weights Weights(ModelBundle bundle)
    {
        ModelDescription description = bundle.Description;
        if (description.Quantization is { } quantization)
            throw new InvalidModelBundleException(bundle.Folder, $"the bundle is {description.Precision.ToString().ToLowerInvariant()}; prune the one in fp32 that it was made of ({quantization.Source}), and quantise the result");
        if (description.Neighbourhoods != NeighbourhoodPlace.Outside)
            throw new InvalidModelBundleException(bundle.Folder, "the network computes its neighbourhoods itself; only bundles with \"neighbourhoods\": \"outside\" can be pruned: convert the checkpoint with --neighbourhoods outside");
        PointNet2Description network = description.PointNet2;
        if (Obstacle(network) is { } obstacle)
            throw new InvalidModelBundleException(bundle.Folder, $"the network has {obstacle}; only segmentation networks of plain levels, as the trainer makes them, can be pruned");
        try
        {
            return GraphWeights.Read(bundle.Graph, network, ModelBundle.NetworkFile);
        }
        catch (InvalidOnnxException fault)
        {
            throw new InvalidModelBundleException(bundle.Folder, fault.Message, fault);
        }
    }

    /// <summary>Writes a checkpoint that <c>model build</c> and the trainer read.</summary>
    /// <param name="weights">The network, with batch norms.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    public static void WriteCheckpoint(PointNet2Weights weights, string path)
    {
        SafetensorsWriter checkpoint = new();
        checkpoint.Metadata("architecture", weights.Description.ToJson());
        weights.AddTo(checkpoint);
        using FileStream file = File.Create(path);
        checkpoint.WriteTo(file);
    }

    /// <summary>Turns a checkpoint into what a bundle is made of, and proves it: against an independent evaluation of the checkpoint, and on the source's golden blocks.</summary>
    /// <param name="source">The bundle that was pruned.</param>
    /// <param name="checkpoint">The pruned network, trained further or not.</param>
    /// <param name="provenance">How it came about, for <c>model.json</c>.</param>
    /// <exception cref="ModelException">The checkpoint is invalid, or the graph does not compute it.</exception>
    /// <exception cref="IOException">A file can't be read or written.</exception>
    public static PrunedBundle Prepare(ModelBundle source, string checkpoint, JsonObject provenance)
    {
        CheckpointNetwork network = BundleCheckpoint.Open(checkpoint, source.Description.Architecture, []);
        PointNet2Weights weights = PointNet2Weights.Load(Checkpoint.Open(checkpoint), (PointNet2Description)network.Network.Description);
        JsonObject origin = source.Description.Provenance?.DeepClone().AsObject() ?? [];
        origin["pruning"] = provenance.DeepClone();
        // What was measured was measured with the other network; the report has both.
        ModelDescription description = source.Description with { Architecture = weights.Description, Metrics = null, Provenance = origin };
        OnnxGraph graph = PointNet2Graph.Rewritten(weights);

        // Who signed the source has not seen this one, and neither scores nor proofs are those of this one.
        string[] past = [ModelBundle.NetworkFile, ModelBundle.DescriptionFile, VerificationReport.JsonFile, VerificationReport.TextFile, ReportFile, BundleBuilder.GoldenFile, BundleConverter.GoldenFile];
        Dictionary<string, byte[]> others = source.Files.Keys.Except(past).ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(source.Folder, name)));
        if (others.TryGetValue(ModelCard.FileName, out byte[]? card))
            others[ModelCard.FileName] = [.. card, .. Encoding.UTF8.GetBytes(FormattableString.Invariant($"\n## Pruning\n\nMade of {Name(source)}, whose architecture and figures stand above. It has {weights.ParameterCount:N0} parameters; {ReportFile} tells widths, size, speed and accuracy against the source.\n"))];
        VerificationInputs inputs = new() { Checkpoint = network };
        if (source.Files.ContainsKey(BundleBuilder.GoldenFile))
        {
            byte[] golden = Golden(Path.Combine(source.Folder, BundleBuilder.GoldenFile), network.Network);
            others[BundleBuilder.GoldenFile] = golden;
            inputs = inputs with { Blocks = GoldenBlocks.Of(SafetensorsFile.Read(golden, BundleBuilder.GoldenFile)) };
        }

        VerificationReport report = BundleBuilder.InScratch(description, graph, bundle => BundleVerification.Verify(bundle, inputs));
        if (!report.Passed)
            throw new InvalidModelBundleException(source.Folder, $"the pruned network is not proven to be that of its checkpoint: {string.Join("; ", report.Checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => $"{check.Name}: {check.Detail}"))}");
        others[VerificationReport.JsonFile] = Encoding.UTF8.GetBytes(report.ToJson());
        others[VerificationReport.TextFile] = Encoding.UTF8.GetBytes(report.ToText());
        return new PrunedBundle(description, graph, others, weights.ParameterCount);
    }

    /// <summary>What to call a bundle in another one's description.</summary>
    public static string Name(ModelBundle bundle) => $"{bundle.Description.Name} {bundle.Description.Version}, id {bundle.Id}";

    private static string? Obstacle(PointNet2Description network) => network switch
    {
        { Task: not NetworkTask.Segmentation } => "the task of classification",
        { Stem: > 0 } => "a stem",
        { Categories: > 0 } => "categories",
        { Global: not null } => "global features",
        _ when network.Levels.Any(level => level.All) => "a level of all points",
        _ when network.Levels.Any(level => level.Residual || level.Blocks is { Count: > 0 }) => "residual levels",
        _ => null,
    };

    /// <summary>The golden blocks with the scores that the plain interpreter gives them.</summary>
    private static byte[] Golden(string path, PlainNetwork network)
    {
        SafetensorsFile file = SafetensorsFile.Read(path);
        int channels = network.Description.PointChannels, features = network.Description.Features;
        SafetensorsWriter golden = new();
        foreach ((string key, string text) in file.Metadata) golden.Metadata(key, text);
        foreach (SafetensorsTensor tensor in file.Tensors.Values)
        {
            if (tensor.Name.EndsWith($".{PointNet2Graph.Scores}", StringComparison.Ordinal)) golden.Add(tensor.Name, Scores(tensor.Name[..^PointNet2Graph.Scores.Length]), [.. tensor.Shape]);
            else if (tensor.Type == ElementType.Int32) golden.Add(tensor.Name, tensor.ToArray<int>().AsMemory(), [.. tensor.Shape]);
            else golden.Add(tensor.Name, tensor.ToArray<float>().AsMemory(), [.. tensor.Shape]);
        }
        using MemoryStream bytes = new();
        golden.WriteTo(bytes);
        return bytes.ToArray();

        ReadOnlyMemory<float> Scores(string block)
        {
            float[] positions = file.Tensors[$"{block}positions"].ToArray<float>(), own = features > 0 ? file.Tensors[$"{block}features"].ToArray<float>() : [];
            float[] points = new float[positions.Length / 3 * channels];
            for (int i = 0; i < positions.Length / 3; i++)
            {
                if (channels > features) positions.AsSpan(3 * i, 3).CopyTo(points.AsSpan(i * channels));
                own.AsSpan(i * features, features).CopyTo(points.AsSpan(i * channels + channels - features));
            }
            return network.Evaluate(points).Scores.SelectMany(row => row).Select(score => (float)score).ToArray();
        }
    }
}

/// <summary>A pruned network, proven, with all that its bundle holds but the report.</summary>
/// <param name="Description">The content of <c>model.json</c>.</param>
/// <param name="Graph">The network.</param>
/// <param name="Others">Further files by name.</param>
/// <param name="Parameters">Trained parameters.</param>
public sealed record PrunedBundle(ModelDescription Description, OnnxGraph Graph, IReadOnlyDictionary<string, byte[]> Others, long Parameters)
{
    /// <summary>Writes the bundle.</summary>
    /// <param name="folder">Where it shall lie.</param>
    /// <param name="report">What was measured; null for none.</param>
    /// <exception cref="IOException">The folder holds something else, or can't be written.</exception>
    public ModelBundle Write(string folder, JsonObject? report = null)
    {
        Dictionary<string, byte[]> files = new(Others);
        if (report is not null) files[BundlePruning.ReportFile] = Encoding.UTF8.GetBytes(report.ToJsonString(new() { WriteIndented = true, NewLine = "\n" }) + "\n");
        return ModelBundleWriter.Write(folder, Description, Graph, files);
    }
}
