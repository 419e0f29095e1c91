namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>One layer as it is trained: linear, then perhaps batch norm, then perhaps ReLU. Nothing is folded; all is in double.</summary>
/// <param name="weight">A row of input channels per output.</param>
/// <param name="bias">One per output.</param>
/// <param name="norm">The batch norm that follows, or null.</param>
/// <param name="relu">Whether what is negative becomes 0 at the end.</param>
internal sealed class PlainLayer(double[][] weight, double[] bias, PlainNorm? norm, bool relu)
{
    /// <summary>What the layer makes of one point's channels.</summary>
    public double[] Apply(double[] channels)
    {
        double[] result = new double[weight.Length];
        for (int output = 0; output < result.Length; output++)
        {
            double value = bias[output] + Dot(weight[output], channels);
            if (norm is not null) value = norm.Apply(output, value);
            result[output] = relu && value < 0 ? 0 : value;
        }
        return result;
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}

/// <summary>Batch norm with the means and variances of training, one of each value per channel.</summary>
internal sealed record PlainNorm(float[] Weight, float[] Bias, float[] Mean, float[] Variance)
{
    private const double Epsilon = 1e-5;

    public double Apply(int channel, double value) =>
        (value - Mean[channel]) / Math.Sqrt(Variance[channel] + Epsilon) * Weight[channel] + Bias[channel];
}
