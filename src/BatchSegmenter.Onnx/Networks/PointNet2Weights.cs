using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// The parameters of a network, checked against its description when they are loaded. Tensor names:
/// <c>levels.{level}.{scale}.{i}</c>, <c>propagation.{step}.{i}</c> and <c>head.{i}</c>, each with <c>.linear.weight</c>
/// [out, in] and <c>.norm.{weight,bias,running_mean,running_var}</c>; the head's last layer has <c>.linear.bias</c> instead of a norm.
/// </summary>
public sealed class PointNet2Weights
{
    private readonly Dictionary<string, CheckpointLayer> _layers;

    private PointNet2Weights(PointNet2Description description, Func<LayerShape, CheckpointLayer> layer)
    {
        Description = description;
        _layers = LayerShape.All(description).ToDictionary(shape => shape.Name, layer);
    }

    /// <summary>What the parameters are for.</summary>
    public PointNet2Description Description { get; }

    /// <summary>The number of trained parameters (running statistics not counted).</summary>
    public long ParameterCount => _layers.Values.Sum(layer =>
        (long)layer.Weight.Length + (layer.Bias?.Length ?? 0) + (layer.Norm is null ? 0 : 2 * layer.Norm.Weight.Length));

    /// <summary>Layers by their shapes.</summary>
    internal CheckpointLayer[] Of(LayerShape[] shapes) => [.. shapes.Select(shape => _layers[shape.Name])];

    /// <summary>Takes the parameters that the description asks for out of a checkpoint of our own trainer.</summary>
    /// <exception cref="InvalidCheckpointException">
    /// A tensor is missing, of another shape, holds NaN or infinity, or is not asked for. Names the tensor, what was found and what was expected.
    /// </exception>
    public static PointNet2Weights Load(Checkpoint checkpoint, PointNet2Description description) =>
        Load(checkpoint, description, LayerShape.All(description).ToDictionary(layer => layer.Name, layer => LayerTensors.Own(layer.Name, layer.Normalized)));

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

    /// <summary>
    /// An untrained network: weights in proportion to <c>√(2 / inputs)</c> and norms that are not the identity, so that it
    /// exercises everything a trained one does.
    /// </summary>
    /// <param name="description">The architecture.</param>
    /// <param name="seed">Equal seeds give equal weights.</param>
    public static PointNet2Weights Random(PointNet2Description description, int seed)
    {
        Random random = new(seed);
        return new PointNet2Weights(description, shape => new CheckpointLayer(
            shape,
            Uniform(shape.Inputs * shape.Outputs, 0, (float)Math.Sqrt(6.0 / shape.Inputs)),
            shape.Normalized ? null : Uniform(shape.Outputs, 0, 0.5f),
            shape.Normalized
                ? new BatchNorm(Uniform(shape.Outputs, 1, 0.5f), Uniform(shape.Outputs, 0, 0.5f), Uniform(shape.Outputs, 0, 0.5f), Uniform(shape.Outputs, 1, 0.5f))
                : null));

        float[] Uniform(int count, float middle, float reach)
        {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) values[i] = middle + reach * (2 * random.NextSingle() - 1);
            return values;
        }
    }

    /// <summary>Adds all tensors to a checkpoint, under the names of our own trainer.</summary>
    public void AddTo(SafetensorsWriter checkpoint)
    {
        foreach (CheckpointLayer layer in _layers.Values)
        {
            (string name, int outputs) = (layer.Shape.Name, layer.Shape.Outputs);
            checkpoint.Add($"{name}.linear.weight", layer.Weight.AsMemory(), outputs, layer.Shape.Inputs);
            if (layer.Bias is not null) checkpoint.Add($"{name}.linear.bias", layer.Bias.AsMemory(), outputs);
            if (layer.Norm is null) continue;
            checkpoint.Add($"{name}.norm.weight", layer.Norm.Weight.AsMemory(), outputs);
            checkpoint.Add($"{name}.norm.bias", layer.Norm.Bias.AsMemory(), outputs);
            checkpoint.Add($"{name}.norm.running_mean", layer.Norm.RunningMean.AsMemory(), outputs);
            checkpoint.Add($"{name}.norm.running_var", layer.Norm.RunningVariance.AsMemory(), outputs);
        }
    }
}
