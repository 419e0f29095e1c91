using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Onnx.Pruning;

/// <summary>Gives layers batch norms that change nothing, so that training can go on: with the statistics that they would have gathered on real blocks.</summary>
public static class BatchNormRecovery
{
    /// <summary>
    /// Every layer that the description has normalised gets the mean and variance measured, and weight and bias that undo them: in evaluation it gives what it gave, and in
    /// training, which takes a batch's own mean and variance, nearly that.
    /// </summary>
    /// <param name="weights">Layers with a bias and without batch norm.</param>
    /// <param name="statistics">Measured of these weights.</param>
    public static PointNet2Weights Recover(PointNet2Weights weights, NetworkStatistics statistics) => PointNet2Weights.Of(weights.Description, shape =>
    {
        CheckpointLayer layer = weights.Of([shape])[0];
        if (!shape.Normalized) return layer;
        ChannelSpread spread = statistics.Layers[shape.Name];
        BatchNorm norm = new(new float[shape.Outputs], new float[shape.Outputs], new float[shape.Outputs], new float[shape.Outputs]);
        for (int output = 0; output < shape.Outputs; output++)
        {
            norm.RunningMean[output] = (float)(spread.Mean[output] - layer.Bias![output]);
            norm.RunningVariance[output] = (float)spread.Variance[output];
            norm.Weight[output] = (float)Math.Sqrt((double)norm.RunningVariance[output] + BatchNorm.Epsilon);
            norm.Bias[output] = layer.Bias[output] + norm.RunningMean[output];
        }
        return layer with { Bias = null, Norm = norm };
    });
}
