using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Onnx.Tests.Networks;

public sealed class CheckpointLayerTests
{
    [Fact]
    public void FoldsBatchNormIntoWeightAndBias()
    {
        // One output: y = 2·(3a + 5b − 1) / √(4 − ε + ε) + 7 = 3a + 5b + 6.
        BatchNorm norm = new([2], [7], [1], [4 - BatchNorm.Epsilon]);
        LinearLayer folded = new CheckpointLayer(new LayerShape("x", 2, 1, true), [3, 5], null, norm).Fold();
        Assert.Equal([3, 5], folded.Weight);
        Assert.Equal([6], folded.Bias);
    }

    [Fact]
    public void TransposesWeightsAndKeepsTheBias()
    {
        LinearLayer folded = new CheckpointLayer(new LayerShape("x", 3, 2, false), [1, 2, 3, 4, 5, 6], [8, 9], null).Fold();
        Assert.Equal([1, 4, 2, 5, 3, 6], folded.Weight);
        Assert.Equal([8, 9], folded.Bias);
        Assert.Equal([2, 5, 3, 6], folded.Rows(1, 2).ToArray());
    }
}
