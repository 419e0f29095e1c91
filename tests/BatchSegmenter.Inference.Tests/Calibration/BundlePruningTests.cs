using System.Text.Json.Nodes;
using BatchSegmenter.Inference.Calibration;
using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Recognition;
using BatchSegmenter.Onnx.Pruning;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Inference.Tests.Calibration;

public sealed class BundlePruningTests : IDisposable
{
    private const int Points = 600;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_channels_that_are_always_zero_the_scores_are_the_same()
    {
        ModelBundle bundle = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels, WideNetwork.WithDeadChannels);
        PointNet2Description network = WideNetwork.TwoLevels;
        int[] alive = [.. PrunableWidth.Of(network).Select(width => width.Layer is "levels.0.0.1" or "levels.1.0.1" or "propagation.0.1" ? width.Width - 16 : width.Width)];
        double keep = (double)NetworkWork.MultiplyAdds(PrunableWidth.Resize(network, alive), Points) / NetworkWork.MultiplyAdds(network, Points) + 1e-9;

        PrunedNetwork pruned = Prune(bundle, keep);

        // Ties are broken by the order of the network; an untrained one has dead channels of its own.
        Assert.Equal((16, 48), (pruned.Widths.Single(width => width.Layer == "levels.0.0.1").After, pruned.Widths.Single(width => width.Layer == "levels.1.0.1").After));
        Assert.True(pruned.WorkAfter < pruned.WorkBefore * keep);
        Assert.All(pruned.Widths, width => Assert.Equal(0, width.Change));
        // Which hold for the blocks measured alone.
        Assert.InRange(Difference(bundle.Graph, PointNet2Graph.Rewritten(pruned.Weights), firstSeed: 1), 0, 1e-6);
    }

    [Fact]
    public void The_less_is_kept_the_more_scores_change_and_far_less_than_without_making_up_for_it()
    {
        ModelBundle bundle = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels);

        double[] changes = [.. ((double[])[0.9, 0.7, 0.4]).Select(keep => Difference(bundle.Graph, PointNet2Graph.Rewritten(Prune(bundle, keep).Weights)))];

        Assert.Equal(changes.Order(), changes);
        Assert.True(changes[0] > 1e-4);
        using CalibrationSession session = new(bundle.Graph);
        float[] scores = session.Run(WideNetwork.Blocks(WideNetwork.TwoLevels, 1, firstSeed: 100)[0])[PointNet2Graph.Scores];
        Assert.InRange(changes[0], 0, 0.15 * (scores.Max() - scores.Min()));
    }

    [Fact]
    public void The_bundle_says_what_it_is_and_is_proven_against_its_checkpoint()
    {
        ModelBundle source = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels, others: new Dictionary<string, byte[]> { [ModelCard.FileName] = "# Card\n"u8.ToArray(), [VerificationReport.JsonFile] = "{}"u8.ToArray() });
        PrunedNetwork network = Prune(source, 0.5);
        string checkpoint = Checkpoint(network);

        ModelBundle made = BundlePruning.Prepare(source, checkpoint, new JsonObject { ["keep"] = 0.5 }).Write(_folder["pruned"], new JsonObject { ["loss"] = 0.1 });

        Assert.Equal(network.Weights.Description.ToJson(), made.Description.PointNet2.ToJson());
        Assert.Equal(0.5, made.Description.Provenance!["pruning"]!["keep"]!.GetValue<double>());
        Assert.Equal(1, made.Description.Provenance["seed"]!.GetValue<int>());
        Assert.Equal([ModelCard.FileName, ModelBundle.DescriptionFile, ModelBundle.NetworkFile, BundlePruning.ReportFile, VerificationReport.JsonFile, VerificationReport.TextFile], made.Files.Keys.Order(StringComparer.Ordinal));
        Assert.StartsWith("# Card\n\n## Pruning", File.ReadAllText(Path.Combine(made.Folder, ModelCard.FileName)));
        // The interpreter shares no code with graphs; it evaluates the file.
        VerificationReport report = BundleVerification.Verify(made, new VerificationInputs { Checkpoint = BundleCheckpoint.Open(checkpoint, made.Description.Architecture, []) });
        Assert.True(report.Passed, report.ToText());
        Assert.Contains(report.Checks, check => check is { Name: "scores", Outcome: CheckOutcome.Passed });
    }

    [Fact]
    public void Golden_blocks_get_the_pruned_networks_scores()
    {
        ModelBundle source = ModelBundle.Load(Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial"));
        GoldenBlocks golden = GoldenBlocks.Of(SafetensorsFile.Read(Path.Combine(source.Folder, BundleBuilder.GoldenFile)));
        PointNet2Weights weights = BundlePruning.Weights(source);
        List<BlockTensors> blocks = [.. Enumerable.Range(1, 2).Select(seed => SampleModels.Block(weights.Description, 2000, seed))];
        PrunedNetwork network = NetworkPruning.Prune(weights, NetworkMeasurement.Measure(weights, blocks), 0.5, 4096);

        ModelBundle made = BundlePruning.Prepare(source, Checkpoint(network), []).Write(_folder["pruned"]);

        Assert.Null(made.Description.Metrics);
        using SegmentationModel model = SegmentationModel.Load(made);
        GoldenComparison comparison = GoldenBlocks.Of(SafetensorsFile.Read(Path.Combine(made.Folder, BundleBuilder.GoldenFile))).Compare(model);
        Assert.Equal(golden.Count, comparison.Blocks);
        // Those of the source are of another network.
        Assert.Throws<InvalidModelBundleException>(() => golden.Compare(model));
    }

    [Fact]
    public void The_checkpoint_has_the_statistics_of_the_pruned_network()
    {
        ModelBundle source = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels);
        PrunedNetwork network = Prune(source, 0.5);
        List<BlockTensors> blocks = WideNetwork.Blocks(WideNetwork.TwoLevels, 4);

        SafetensorsFile file = SafetensorsFile.Read(Checkpoint(network));

        NetworkStatistics statistics = NetworkMeasurement.Measure(network.Weights, blocks);
        float[] variance = file.Tensors["propagation.1.0.norm.running_var"].ToArray<float>();
        Assert.Equal(statistics.Layers["propagation.1.0"].Variance.Select(value => (float)value), variance);
        Assert.DoesNotContain("propagation.1.0.linear.bias", file.Tensors.Keys);
        Assert.Equal(PointNet2Graph.Rewritten(network.Weights).ToString(), PointNet2Graph.Rewritten(PointNet2Weights.Load(Onnx.Checkpoints.Checkpoint.Of(file), network.Weights.Description)).ToString());
    }

    [Theory]
    [InlineData("whole", "the task of classification")]
    [InlineData("parts", "categories")]
    [InlineData("residual", "a stem")]
    [InlineData("global maximum", "global features")]
    public void Other_shapes_of_network_are_refused(string name, string told)
    {
        ModelBundle bundle = WideNetwork.Write(_folder["float"], SampleModels.All[name]);

        Assert.Contains($"the network has {told}", Assert.Throws<InvalidModelBundleException>(() => BundlePruning.Weights(bundle)).Message);
    }

    [Fact]
    public void Levels_that_are_not_plain_are_refused()
    {
        PointNet2Description residual = WideNetwork.TwoLevels with { Levels = [WideNetwork.TwoLevels.Levels[1] with { Residual = true }, WideNetwork.TwoLevels.Levels[1]] };
        ModelBundle bundle = WideNetwork.Write(_folder["float"], residual);

        Assert.Contains("residual levels", Assert.Throws<InvalidModelBundleException>(() => BundlePruning.Weights(bundle)).Message);
    }

    [Fact]
    public void What_is_int8_is_refused()
    {
        ModelBundle source = WideNetwork.Write(_folder["float"], WideNetwork.TwoLevels);
        ModelBundle made = BundleQuantization.Write(source, NetworkQuantization.Quantize(source, WideNetwork.Blocks(WideNetwork.TwoLevels, 2)), _folder["int8"]);

        string told = Assert.Throws<InvalidModelBundleException>(() => BundlePruning.Weights(made)).Message;
        Assert.Contains("the bundle is int8", told);
        Assert.Contains($"id {source.Id}", told);
    }

    [Fact]
    public void A_network_that_takes_points_alone_is_refused()
    {
        GoldenCheckpoint golden = new("sem_seg");
        ParameterSource source = new("flag", golden.Parameters with { BlockPoints = 1024 });
        ModelBundle converted = BundleConverter.Convert(golden.Path, _folder["float"], new ConversionOptions { Sources = [source], Neighbourhoods = NeighbourhoodPlace.Inside }).Bundle!;

        Assert.Contains("--neighbourhoods outside", Assert.Throws<InvalidModelBundleException>(() => BundlePruning.Weights(converted)).Message);
    }

    [Fact]
    public void A_converted_network_can_be_pruned_and_leaves_golden_vectors_behind()
    {
        GoldenCheckpoint golden = new("sem_seg");
        ParameterSource source = new("flag", golden.Parameters with { BlockPoints = 1024 });
        ModelBundle converted = BundleConverter.Convert(golden.Path, _folder["float"], new ConversionOptions { Sources = [source], Neighbourhoods = NeighbourhoodPlace.Outside }).Bundle!;
        PointNet2Weights weights = BundlePruning.Weights(converted);
        double keep = (1 + NetworkPruning.LeastShare(weights.Description, 1024)) / 2;
        List<BlockTensors> blocks = [.. Enumerable.Range(1, 2).Select(seed => SampleModels.Block(weights.Description, 1024, seed))];

        PrunedNetwork network = NetworkPruning.Prune(weights, NetworkMeasurement.Measure(weights, blocks), keep, 1024);
        ModelBundle made = BundlePruning.Prepare(converted, Checkpoint(network, blocks), []).Write(_folder["pruned"]);

        Assert.True(network.WorkAfter < network.WorkBefore);
        Assert.Contains(BundleConverter.GoldenFile, converted.Files.Keys);
        Assert.DoesNotContain(BundleConverter.GoldenFile, made.Files.Keys);
    }

    private static PrunedNetwork Prune(ModelBundle bundle, double keep)
    {
        PointNet2Weights weights = BundlePruning.Weights(bundle);
        return NetworkPruning.Prune(weights, NetworkMeasurement.Measure(weights, WideNetwork.Blocks(WideNetwork.TwoLevels, 6)), keep, Points);
    }

    private string Checkpoint(PrunedNetwork network, List<BlockTensors>? blocks = null)
    {
        blocks ??= network.Weights.Description.Features == 4
            ? WideNetwork.Blocks(WideNetwork.TwoLevels, 4)
            : [.. Enumerable.Range(1, 2).Select(seed => SampleModels.Block(network.Weights.Description, 2000, seed))];
        BundlePruning.WriteCheckpoint(BatchNormRecovery.Recover(network.Weights, NetworkMeasurement.Measure(network.Weights, blocks)), _folder["pruned.safetensors"]);
        return _folder["pruned.safetensors"];
    }

    /// <summary>Root of the mean squared difference of scores; on blocks that nothing was measured on, unless told otherwise.</summary>
    private static double Difference(OnnxGraph expected, OnnxGraph found, int firstSeed = 100)
    {
        using CalibrationSession one = new(expected), other = new(found);
        List<double> squares = [];
        foreach (BlockTensors block in WideNetwork.Blocks(WideNetwork.TwoLevels, 4, firstSeed))
            squares.AddRange(one.Run(block)[PointNet2Graph.Scores].Zip(other.Run(block)[PointNet2Graph.Scores]).Select(pair => Math.Pow(pair.First - pair.Second, 2)));
        return Math.Sqrt(squares.Average());
    }
}
