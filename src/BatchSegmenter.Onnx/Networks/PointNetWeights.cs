using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>The parameters of a PointNet, checked against its description when they are loaded.</summary>
public sealed class PointNetWeights : NetworkWeights
{
    private PointNetWeights(PointNetDescription description, Func<LayerShape, CheckpointLayer> layer) : base(PointNetShapes.All(description), layer) => Description = description;

    /// <summary>What the parameters are for.</summary>
    public PointNetDescription Description { get; }

    /// <summary>Takes the parameters that the description asks for out of a checkpoint.</summary>
    /// <inheritdoc cref="PointNet2Weights.Load(Checkpoint, PointNet2Description, IReadOnlyDictionary{string, LayerTensors})"/>
    public static PointNetWeights Load(Checkpoint checkpoint, PointNetDescription description, IReadOnlyDictionary<string, LayerTensors> layers)
    {
        CheckpointLayers taken = new(checkpoint, layers);
        PointNetWeights weights = new(description, taken.Take);
        taken.RefuseRest();
        return weights;
    }

    /// <summary>An untrained network.</summary>
    /// <inheritdoc cref="PointNet2Weights.Random"/>
    public static PointNetWeights Random(PointNetDescription description, int seed) => new(description, Untrained(seed));
}
