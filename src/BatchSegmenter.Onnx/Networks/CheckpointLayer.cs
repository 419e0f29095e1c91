namespace BatchSegmenter.Onnx.Networks;

/// <summary>The parameters of a batch normalisation, one of each per channel.</summary>
internal sealed record BatchNorm(float[] Weight, float[] Bias, float[] RunningMean, float[] RunningVariance)
{
    /// <summary>Added to the variance; the trainer's and PyTorch's default.</summary>
    public const float Epsilon = 1e-5f;
}

/// <summary>A layer as a checkpoint holds it: linear, then batch norm, bias or both.</summary>
/// <param name="Shape">Name and sizes.</param>
/// <param name="Weight">[outputs, inputs], row-major.</param>
/// <param name="Bias">[outputs], or null for none.</param>
/// <param name="Norm">The batch norm that follows, or null.</param>
internal sealed record CheckpointLayer(LayerShape Shape, float[] Weight, float[]? Bias, BatchNorm? Norm)
{
    /// <summary>The same function without batch norm: <c>γ(Wx + b − μ)/√(σ² + ε) + β = (sW)x + (β + s(b − μ))</c>, computed in double.</summary>
    public LinearLayer Fold()
    {
        (int inputs, int outputs) = (Shape.Inputs, Shape.Outputs);
        float[] weight = new float[inputs * outputs];
        float[] bias = new float[outputs];
        for (int output = 0; output < outputs; output++)
        {
            double scale = Norm is null ? 1 : Norm.Weight[output] / Math.Sqrt((double)Norm.RunningVariance[output] + BatchNorm.Epsilon);
            double own = Bias?[output] ?? 0;
            bias[output] = (float)(Norm is null ? own : Norm.Bias[output] + scale * (own - Norm.RunningMean[output]));
            for (int input = 0; input < inputs; input++)
                weight[input * outputs + output] = (float)(scale * Weight[output * inputs + input]);
        }
        return new LinearLayer(Shape.Name, inputs, outputs, weight, bias);
    }
}
