namespace BatchSegmenter.Onnx.Pruning;

/// <summary>What was measured of a network on real blocks.</summary>
/// <param name="Moments">By <see cref="PrunableWidth.Layer"/>: second moments of its channels and the constant 1, [width + 1]², row-major.</param>
/// <param name="Layers">By canonical name of each layer: mean and variance of what it gives before ReLU, bias included, per channel.</param>
public sealed record NetworkStatistics(IReadOnlyDictionary<string, double[]> Moments, IReadOnlyDictionary<string, ChannelSpread> Layers);

/// <summary>Mean and variance, per channel.</summary>
/// <param name="Mean">Means.</param>
/// <param name="Variance">Variances, not negative.</param>
public sealed record ChannelSpread(IReadOnlyList<double> Mean, IReadOnlyList<double> Variance);
