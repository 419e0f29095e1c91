namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>Where a checkpoint keeps a layer.</summary>
/// <param name="Linear">Prefix of <c>.weight</c>, [outputs, inputs] with or without trailing extents of 1, and of <c>.bias</c> where there is one.</param>
/// <param name="Norm">Prefix of the batch norm's <c>.weight</c>, <c>.bias</c>, <c>.running_mean</c> and <c>.running_var</c>; null without norm.</param>
public sealed record LayerTensors(string Linear, string? Norm)
{
    /// <summary>How our own trainer names a layer's tensors.</summary>
    /// <param name="layer">Canonical name.</param>
    /// <param name="normalized">Whether a norm follows.</param>
    public static LayerTensors Own(string layer, bool normalized) => new($"{layer}.linear", normalized ? $"{layer}.norm" : null);
}
