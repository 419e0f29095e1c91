using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Verification;

/// <summary>What a bundle is held against.</summary>
public sealed record VerificationInputs
{
    /// <summary>The checkpoint that the bundle was made of; null for none.</summary>
    public CheckpointNetwork? Checkpoint { get; init; }

    /// <summary>Golden blocks of our own trainer; null for none.</summary>
    public GoldenBlocks? Blocks { get; init; }

    /// <summary>Golden vectors by what to call them.</summary>
    public IReadOnlyList<(string Name, GoldenVectors Vectors)> Golden { get; init; } = [];
}

/// <summary>
/// Proves that a bundle's network is sound and computes what its checkpoint does: validity of the graph, the known pitfalls of conversion, the
/// runtime's own warnings, the influence of every input, equality with an independent evaluation of the checkpoint, and golden vectors.
/// </summary>
public static class BundleVerification
{
    private const int InfluencePoints = 2048;

    /// <summary>Looks at everything, also after something has failed.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="inputs">What to hold it against.</param>
    /// <exception cref="Onnx.ModelException">The golden vectors are of another network, or the runtime refuses the network altogether.</exception>
    public static VerificationReport Verify(ModelBundle bundle, VerificationInputs inputs)
    {
        List<VerificationCheck> checks = [GraphChecks.Validity(bundle), GraphChecks.Pitfalls(bundle)];
        try
        {
            using RuntimeLog log = RuntimeLog.Collect();
            using SegmentationModel model = SegmentationModel.Load(bundle);
            checks.Add(Loading(log.Messages));
            checks.AddRange(Running(model, inputs));
        }
        catch (OnnxRuntimeException fault)
        {
            checks.Add(new VerificationCheck("runtime", null, CheckOutcome.Failed, $"ONNX Runtime can't run the network: {fault.Message.ReplaceLineEndings(" ")}"));
        }

        return new VerificationReport
        {
            Model = $"{bundle.Description.Name} {bundle.Description.Version}",
            NetworkSha256 = bundle.Files[ModelBundle.NetworkFile],
            Runtime = SegmentationModel.RuntimeVersion,
            Checkpoint = inputs.Checkpoint?.Name,
            Checks = checks,
        };
    }

    private static IEnumerable<VerificationCheck> Running(SegmentationModel model, VerificationInputs inputs)
    {
        yield return Influence(model);
        if (inputs.Checkpoint is not { } checkpoint) yield return new VerificationCheck("checkpoint", null, CheckOutcome.Skipped, "no checkpoint was given to compare with");
        else if (model.Bundle.Description.Quantization is { } quantization)
            yield return new VerificationCheck("checkpoint", null, CheckOutcome.Skipped, $"a quantised network is not equal to its checkpoint; verify the bundle that it was made of ({quantization.Source}), whose golden vectors it is held against");
        else foreach (VerificationCheck check in Compare(model.Bundle, checkpoint)) yield return check;
        if (inputs.Blocks is { } blocks) yield return GoldenCheck.Compare(model, blocks);
        bool outside = model.Bundle.Description.Neighbourhoods == NeighbourhoodPlace.Outside;
        using SegmentationModel? ofCheckpoint = outside || inputs.Golden.Count == 0 ? null : inputs.Checkpoint?.WithNeighbourhoodsOutside(model.Bundle.Description);
        foreach ((string name, GoldenVectors golden) in inputs.Golden) yield return GoldenCheck.Compare(model, golden, name, model.Bundle.Description.Quantization is not null ? null : outside ? model : ofCheckpoint);
        if (inputs is { Blocks: null, Golden.Count: 0 }) yield return new VerificationCheck("golden vectors", null, CheckOutcome.Skipped, "there are none");
    }

    private static VerificationCheck Loading(IReadOnlyList<string> messages) => messages.Count == 0
        ? new VerificationCheck("runtime", null, CheckOutcome.Passed, "ONNX Runtime loads the network without a warning")
        : new VerificationCheck("runtime", null, CheckOutcome.Failed, $"ONNX Runtime says {string.Join("; ", messages)}");

    private static VerificationCheck Influence(SegmentationModel model)
    {
        TestCloud cloud = TestCloud.Of(model.Bundle.Description.Architecture, Math.Min(InfluencePoints, model.Bundle.Description.Input.Block.Points), seed: 4);
        IReadOnlyList<string> without = InputInfluence.WithoutInfluence(model, cloud.Block);
        return without.Count == 0
            ? new VerificationCheck("influence", cloud.Name, CheckOutcome.Passed, "scores change with every input")
            : new VerificationCheck("influence", cloud.Name, CheckOutcome.Failed, $"scores do not change with {string.Join(", ", without)}");
    }

    private static IEnumerable<VerificationCheck> Compare(ModelBundle bundle, CheckpointNetwork checkpoint)
    {
        yield return Architecture(bundle.Description.Architecture, checkpoint.Network.Description);
        using CheckpointComparison comparison = new(bundle, checkpoint.Network);
        foreach ((TestCloud cloud, PlainEvaluation expected) in checkpoint.Evaluations(bundle.Description.Input.Block.Points))
            foreach (VerificationCheck check in comparison.Compare(cloud, expected)) yield return check;
    }

    private static VerificationCheck Architecture(NetworkDescription bundle, NetworkDescription checkpoint)
    {
        // Dropout is nothing to inference, and keys do not tell it.
        string[] found = Lines(bundle), expected = Lines(checkpoint);
        string[] differing = [.. found.Zip(expected).Where(pair => pair.First != pair.Second).Select(pair => $"{pair.First} instead of {pair.Second}")];
        return found.SequenceEqual(expected)
            ? new VerificationCheck("architecture", null, CheckOutcome.Passed, "the bundle describes the network that the checkpoint is of")
            : new VerificationCheck(
                "architecture", null, CheckOutcome.Failed,
                $"the bundle describes another network than the checkpoint with what was told about it is of: {(found.Length == expected.Length ? string.Join("; ", differing) : $"{found.Length} lines of architecture instead of {expected.Length}")}");

        static string[] Lines(NetworkDescription description) =>
            [.. (description is PointNet2Description network ? network with { Dropout = 0 } : description).ToJson().Split('\n').Select(line => line.Trim())];
    }
}
