using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Tests.Networks.Evaluation;

/// <summary>Tensors of a network small enough to be evaluated by head.</summary>
internal sealed class TinyNetwork
{
    public Dictionary<string, LayerTensors> Layers { get; } = [];

    public Dictionary<string, (float[] Values, long[] Shape)> Tensors { get; } = [];

    /// <summary>Adds a layer without norm, or puts another in its place.</summary>
    /// <param name="layer">Canonical name.</param>
    /// <param name="weight">A row of inputs per output.</param>
    /// <param name="bias">One per output; none for no bias.</param>
    public TinyNetwork With(string layer, float[][] weight, params float[] bias)
    {
        Layers[layer] = new LayerTensors($"{layer}.w", null);
        Tensors[$"{layer}.w.weight"] = ([.. weight.SelectMany(row => row)], [weight.Length, weight[0].Length]);
        Tensors.Remove($"{layer}.w.bias");
        if (bias.Length > 0) Tensors[$"{layer}.w.bias"] = (bias, [bias.Length]);
        return this;
    }

    /// <summary>Gives a layer a norm.</summary>
    public TinyNetwork WithNorm(string layer, float[] weight, float[] bias, float[] mean, float[] variance)
    {
        Layers[layer] = Layers[layer] with { Norm = $"{layer}.n" };
        foreach ((string name, float[] values) in new[] { ("weight", weight), ("bias", bias), ("running_mean", mean), ("running_var", variance) })
            Tensors[$"{layer}.n.{name}"] = (values, [values.Length]);
        return this;
    }

    public PlainNetwork Build(NetworkDescription description)
    {
        description.Validate("tiny");
        return new PlainNetwork(
            description,
            name => Tensors.TryGetValue(name, out (float[] Values, long[] Shape) tensor) ? (tensor.Values, tensor.Shape) : null,
            Layers,
            "tiny.pth");
    }
}
