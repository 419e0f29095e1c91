using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>Takes layers out of a checkpoint, and checks that nothing is missing, odd or left over.</summary>
/// <param name="checkpoint">The tensors.</param>
/// <param name="layers">Where the checkpoint keeps each layer, by canonical name.</param>
internal sealed class CheckpointLayers(Checkpoint checkpoint, IReadOnlyDictionary<string, LayerTensors> layers)
{
    private readonly HashSet<string> _used = [];

    /// <summary>Takes one layer.</summary>
    /// <exception cref="InvalidCheckpointException">A tensor is missing, of another shape, or holds a value that a trained network has not.</exception>
    public CheckpointLayer Take(LayerShape shape)
    {
        if (!layers.TryGetValue(shape.Name, out LayerTensors? names)) throw new InvalidCheckpointException(checkpoint.Path, $"it has no layer {shape.Name}, which the architecture asks for");
        if (names.Norm is null == shape.Normalized)
            throw new InvalidCheckpointException(checkpoint.Path, $"layer {names.Linear} {(shape.Normalized ? "has no batch norm, but" : $"has the batch norm {names.Norm}, but no")} norm is asked for by the architecture");
        float[] weight = Tensor($"{names.Linear}.weight", shape.Outputs, shape.Inputs);
        bool biased = !shape.Normalized || checkpoint.Tensors.ContainsKey($"{names.Linear}.bias");
        float[]? bias = biased ? Tensor($"{names.Linear}.bias", shape.Outputs) : null;
        BatchNorm? norm = names.Norm is null ? null : new BatchNorm(
            Tensor($"{names.Norm}.weight", shape.Outputs), Tensor($"{names.Norm}.bias", shape.Outputs),
            Tensor($"{names.Norm}.running_mean", shape.Outputs), Variance($"{names.Norm}.running_var", shape.Outputs));
        return new CheckpointLayer(shape, weight, bias, norm);
    }

    /// <summary>Refuses a tensor that no layer took. PyTorch's count of batches seen has no meaning for a trained network.</summary>
    /// <exception cref="InvalidCheckpointException">There is one; names it.</exception>
    public void RefuseRest()
    {
        string? stranger = checkpoint.Tensors.Keys.Where(name => !_used.Contains(name) && !name.EndsWith(".num_batches_tracked", StringComparison.Ordinal)).Order().FirstOrDefault();
        if (stranger is not null) throw new InvalidCheckpointException(checkpoint.Path, $"tensor {stranger} has no place in the network that the architecture describes");
    }

    /// <summary>A tensor of this shape; extents of 1 may follow, as convolutions have them.</summary>
    private float[] Tensor(string name, params long[] shape)
    {
        string wanted = $"float32[{string.Join(", ", shape)}]";
        if (!checkpoint.Tensors.TryGetValue(name, out CheckpointTensor? tensor))
            throw new InvalidCheckpointException(checkpoint.Path, $"tensor {name} is missing; the architecture asks for {wanted}");
        if (tensor.Shape.Count < shape.Length || !tensor.Shape.Take(shape.Length).SequenceEqual(shape) || tensor.Shape.Skip(shape.Length).Any(extent => extent != 1))
            throw new InvalidCheckpointException(
                checkpoint.Path, $"tensor {name} is {tensor.Type.ToString().ToLowerInvariant()}[{string.Join(", ", tensor.Shape)}]; the architecture asks for {wanted}");
        float[] values = tensor.ToFloats();
        int bad = Array.FindIndex(values, value => !float.IsFinite(value));
        if (bad >= 0) throw new InvalidCheckpointException(checkpoint.Path, $"tensor {name} holds {values[bad]} at element {bad}; the training has diverged");
        _used.Add(name);
        return values;
    }

    private float[] Variance(string name, long channels)
    {
        float[] values = Tensor(name, channels);
        int bad = Array.FindIndex(values, value => value < 0);
        return bad < 0 ? values : throw new InvalidCheckpointException(checkpoint.Path, $"tensor {name} holds {values[bad]} at element {bad}; a variance is not negative");
    }
}
