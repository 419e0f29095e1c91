using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// The parameters of a network, checked against its description when they are loaded. Tensor names:
/// <c>levels.{level}.{scale}.{i}</c>, <c>propagation.{step}.{i}</c> and <c>head.{i}</c>, each with <c>.linear.weight</c>
/// [out, in] and <c>.norm.{weight,bias,running_mean,running_var}</c>; the head's last layer has <c>.linear.bias</c> instead of a norm.
/// </summary>
public sealed class PointNet2Weights : NetworkWeights
{
    private PointNet2Weights(PointNet2Description description, Func<LayerShape, CheckpointLayer> layer) : base(LayerShape.All(description), layer) => Description = description;

    /// <summary>What the parameters are for.</summary>
    public PointNet2Description Description { get; }

    /// <summary>Takes the parameters that the description asks for out of a checkpoint of our own trainer.</summary>
    /// <exception cref="InvalidCheckpointException">
    /// A tensor is missing, of another shape, holds NaN or infinity, or is not asked for. Names the tensor, what was found and what was expected.
    /// </exception>
    public static PointNet2Weights Load(Checkpoint checkpoint, PointNet2Description description) =>
        Load(checkpoint, description, OwnLayers(description));

    /// <summary>Where our own trainer keeps each layer of a network, by canonical name.</summary>
    public static IReadOnlyDictionary<string, LayerTensors> OwnLayers(PointNet2Description description) =>
        LayerShape.All(description).ToDictionary(layer => layer.Name, layer => LayerTensors.Own(layer.Name, layer.Normalized));

    /// <summary>Takes the parameters that the description asks for out of a checkpoint.</summary>
    /// <param name="checkpoint">Whose tensors may be of any type; float32 is made of them.</param>
    /// <param name="description">The architecture.</param>
    /// <param name="layers">Where the checkpoint keeps each layer, by canonical name.</param>
    /// <exception cref="InvalidCheckpointException">
    /// A tensor is missing, of another shape, holds NaN or infinity, or is not asked for. Names the tensor, what was found and what was expected.
    /// </exception>
    public static PointNet2Weights Load(Checkpoint checkpoint, PointNet2Description description, IReadOnlyDictionary<string, LayerTensors> layers)
    {
        CheckpointLayers taken = new(checkpoint, layers);
        PointNet2Weights weights = new(description, taken.Take);
        taken.RefuseRest();
        return weights;
    }

    /// <summary>Takes the layers from elsewhere, by their shapes.</summary>
    internal static PointNet2Weights Of(PointNet2Description description, Func<LayerShape, CheckpointLayer> layer) => new(description, layer);

    /// <summary>
    /// An untrained network: weights in proportion to <c>√(2 / inputs)</c> and norms that are not the identity, so that it
    /// exercises everything a trained one does.
    /// </summary>
    /// <param name="description">The architecture.</param>
    /// <param name="seed">Equal seeds give equal weights.</param>
    public static PointNet2Weights Random(PointNet2Description description, int seed) => new(description, Untrained(seed));
}
