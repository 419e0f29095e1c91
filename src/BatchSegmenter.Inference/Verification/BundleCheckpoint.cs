using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Inference.Verification;

/// <summary>Opens the checkpoint of a bundle; what its keys and shapes can't tell, the bundle tells, unless there is something stronger.</summary>
public static class BundleCheckpoint
{
    // Our own trainer leaves nothing to guess.
    private const string TrainersKey = "architecture";

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="architecture">The bundle's.</param>
    /// <param name="sources">What is stronger than the bundle: flags, a description file, a preset.</param>
    /// <exception cref="Onnx.ModelException">The checkpoint is invalid, not of a known network, or does not fit what it is told.</exception>
    public static CheckpointNetwork Open(string path, NetworkDescription architecture, IReadOnlyList<ParameterSource> sources)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file");
        Checkpoint checkpoint = Checkpoint.Open(path);
        if (checkpoint.Scalars.TryGetValue(TrainersKey, out string? trained))
        {
            PointNet2Description own = PointNet2Description.Parse(trained, path);
            return new CheckpointNetwork(checkpoint, own, PointNet2Weights.OwnLayers(own));
        }
        RecognizedNetwork recognized = NetworkRecognition.Recognize(checkpoint, [.. sources, new ParameterSource("the bundle", Told(architecture))]);
        return new CheckpointNetwork(checkpoint, recognized.Description, recognized.Layers);
    }

    private static NetworkParameters Told(NetworkDescription architecture)
    {
        if (architecture is not PointNet2Description network) return new NetworkParameters();
        SetAbstractionDescription[] sampled = [.. network.Levels.Where(level => !level.All)];
        bool blocks = sampled.Any(level => level.Blocks is { Count: > 0 });
        return new NetworkParameters
        {
            Samples = All(level => level.Samples),
            Strides = All(level => level.Stride),
            Ratios = All(level => level.Ratio),
            Radii = [.. sampled.Select(level => (IReadOnlyList<float>)[.. level.Scales.Select(scale => scale.Radius)])],
            Neighbors = [.. sampled.Select(level => (IReadOnlyList<int>)[.. level.Scales.Select(scale => scale.Neighbors)])],
            BlockRadii = blocks ? [.. sampled.Select(level => level.Blocks is [{ Radius: var radius }, ..] ? radius : 0)] : null,
            BlockNeighbors = blocks ? [.. sampled.Select(level => level.Blocks is [{ Neighbors: var neighbors }, ..] ? neighbors : 0)] : null,
            RelativeByRadius = sampled[0].RelativeByRadius,
            RadiusExclusive = network.RadiusExclusive,
            Interpolation = network.Interpolation,
            Global = network.Global,
            PositionsAsFeatures = network.PositionsAsFeatures,
        };

        IReadOnlyList<T>? All<T>(Func<SetAbstractionDescription, T?> value) where T : struct =>
            sampled.All(level => value(level) is not null) ? [.. sampled.Select(level => value(level)!.Value)] : null;
    }
}
