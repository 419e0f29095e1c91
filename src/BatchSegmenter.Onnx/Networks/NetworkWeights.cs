using BatchSegmenter.Onnx.Checkpoints;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>The parameters of a network, layer by layer.</summary>
public abstract class NetworkWeights
{
    private readonly Dictionary<string, CheckpointLayer> _layers;

    private protected NetworkWeights(IEnumerable<LayerShape> shapes, Func<LayerShape, CheckpointLayer> layer) => _layers = shapes.ToDictionary(shape => shape.Name, layer);

    /// <summary>The number of trained parameters (running statistics not counted).</summary>
    public long ParameterCount => _layers.Values.Sum(layer =>
        (long)layer.Weight.Length + (layer.Bias?.Length ?? 0) + (layer.Norm is null ? 0 : 2 * layer.Norm.Weight.Length));

    /// <summary>Layers by their shapes.</summary>
    internal CheckpointLayer[] Of(LayerShape[] shapes) => [.. shapes.Select(shape => _layers[shape.Name])];

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

    /// <summary>
    /// Layers of an untrained network: weights in proportion to <c>√(2 / inputs)</c> and norms that are not the identity, so that it
    /// exercises everything a trained one does. Equal seeds give equal layers.
    /// </summary>
    private protected static Func<LayerShape, CheckpointLayer> Untrained(int seed)
    {
        Random random = new(seed);
        return shape => new CheckpointLayer(
            shape,
            Uniform(shape.Inputs * shape.Outputs, 0, (float)Math.Sqrt(6.0 / shape.Inputs)),
            shape.Normalized ? null : Uniform(shape.Outputs, 0, 0.5f),
            shape.Normalized
                ? new BatchNorm(Uniform(shape.Outputs, 1, 0.5f), Uniform(shape.Outputs, 0, 0.5f), Uniform(shape.Outputs, 0, 0.5f), Uniform(shape.Outputs, 1, 0.5f))
                : null);

        float[] Uniform(int count, float middle, float reach)
        {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) values[i] = middle + reach * (2 * random.NextSingle() - 1);
            return values;
        }
    }
}
