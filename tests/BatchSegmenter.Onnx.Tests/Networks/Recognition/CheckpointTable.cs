namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

/// <summary>A table of keys and shapes, made the way PyTorch's modules name and shape their tensors.</summary>
internal sealed class CheckpointTable : Dictionary<string, IReadOnlyList<long>>
{
    /// <summary>A convolution with a kernel of 1 over so many axes; a linear layer where there are none.</summary>
    public void Convolution(string prefix, int inputs, int outputs, int axes, bool bias = true)
    {
        this[$"{prefix}.weight"] = [outputs, inputs, .. Enumerable.Repeat(1L, axes)];
        if (bias) this[$"{prefix}.bias"] = [outputs];
    }

    public void Norm(string prefix, int channels)
    {
        foreach (string part in (string[])["weight", "bias", "running_mean", "running_var"]) this[$"{prefix}.{part}"] = [channels];
        this[$"{prefix}.num_batches_tracked"] = [];
    }

    public CheckpointTable Without(params string[] prefixes)
    {
        foreach (string key in Keys.Where(key => prefixes.Any(key.StartsWith)).ToArray()) Remove(key);
        return this;
    }

    public CheckpointTable With(string key, params long[] shape)
    {
        this[key] = shape;
        return this;
    }

    /// <summary>Lets two tensors take each other's place.</summary>
    public CheckpointTable Swapped(string first, string second)
    {
        (this[first], this[second]) = (this[second], this[first]);
        return this;
    }
}
