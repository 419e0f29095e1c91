using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>Takes a network's layers out of a checkpoint by their canonical names, and knows which were not asked for.</summary>
/// <param name="path">What to call the checkpoint in an error.</param>
/// <param name="tensor">Values and shape of the checkpoint's tensor of a name, or null.</param>
/// <param name="layers">Where the checkpoint keeps each layer.</param>
internal sealed class PlainLayers(
    string path, Func<string, (float[] Values, IReadOnlyList<long> Shape)?> tensor, IReadOnlyDictionary<string, LayerTensors> layers)
{
    private readonly HashSet<string> _taken = [];

    /// <summary>Layers <c>{prefix}.0</c> and on, one per width. The last one ends in ReLU like the others, or not.</summary>
    public PlainLayer[] Chain(string prefix, int inputs, IReadOnlyList<int> widths, bool lastRelu = true)
    {
        PlainLayer[] chain = new PlainLayer[widths.Count];
        for (int i = 0; i < chain.Length; i++)
        {
            chain[i] = Take($"{prefix}.{i}", inputs, widths[i], relu: lastRelu || i < chain.Length - 1);
            inputs = widths[i];
        }
        return chain;
    }

    /// <summary>One layer.</summary>
    /// <exception cref="InvalidCheckpointException">It is missing, or a tensor of it is, or has other extents.</exception>
    public PlainLayer Take(string name, int inputs, int outputs, bool relu)
    {
        if (!layers.TryGetValue(name, out LayerTensors? names)) throw Fault($"the network has a layer {name}, the checkpoint has none for it");
        _taken.Add(name);
        float[] matrix = Read($"{names.Linear}.weight", outputs, inputs);
        double[][] weight = new double[outputs][];
        for (int output = 0; output < outputs; output++)
        {
            weight[output] = new double[inputs];
            for (int input = 0; input < inputs; input++) weight[output][input] = matrix[output * inputs + input];
        }
        double[] bias = new double[outputs];
        if (tensor($"{names.Linear}.bias") is not null) Array.Copy(Read($"{names.Linear}.bias", outputs), bias, outputs);
        PlainNorm? norm = names.Norm is not string prefix ? null : new(
            Read($"{prefix}.weight", outputs), Read($"{prefix}.bias", outputs), Read($"{prefix}.running_mean", outputs), Read($"{prefix}.running_var", outputs));
        return new PlainLayer(weight, bias, norm, relu);
    }

    /// <summary>Refuses layers that nothing asked for: a network that leaves out what was trained is another network.</summary>
    /// <exception cref="InvalidCheckpointException">Names them.</exception>
    public void RefuseRest()
    {
        string[] rest = [.. layers.Keys.Where(name => !_taken.Contains(name)).Order(StringComparer.Ordinal)];
        if (rest.Length > 0) throw Fault($"the network has no place for the checkpoint's layers {string.Join(", ", rest)}");
    }

    /// <summary>The values of a tensor whose extents are these, or these and then ones, as convolutions of size 1 have.</summary>
    private float[] Read(string name, params ReadOnlySpan<int> extents)
    {
        (float[] values, IReadOnlyList<long> shape) = tensor(name) ?? throw Fault($"tensor {name} is missing");
        long size = 1;
        bool fits = shape.Count >= extents.Length;
        for (int axis = 0; fits && axis < shape.Count; axis++)
        {
            fits = shape[axis] == (axis < extents.Length ? extents[axis] : 1);
            size *= shape[axis];
        }
        if (!fits || values.LongLength != size)
            throw Fault($"tensor {name} has shape [{string.Join(", ", shape)}]; the network wants [{string.Join(", ", extents.ToArray())}]");
        return values;
    }

    private InvalidCheckpointException Fault(string problem) => new(path, problem);
}
