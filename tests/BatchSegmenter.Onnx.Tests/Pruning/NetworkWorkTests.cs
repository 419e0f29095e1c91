using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Pruning;
using BatchSegmenter.Onnx.Tests.Networks;

namespace BatchSegmenter.Onnx.Tests.Pruning;

public sealed class NetworkWorkTests
{
    [Fact]
    public void Counts_each_layer_where_it_is_applied()
    {
        PointNet2Description network = new()
        {
            Features = 4,
            Classes = 3,
            Levels = [new() { Ratio = 0.25, Scales = [SampleNetworks.Scale(2.5f, 8, 16, 32)] }],
            Propagation = [new() { Widths = [24, 20] }],
            Head = [10],
        };

        // 100 points, 25 samples of 8 neighbours.
        long level = 100 * 7 * 16 + 25 * 3 * 16 + 25 * 8 * 16 * 32;
        long propagation = 100 * 4 * 24 + 25 * 32 * 24 + 100 * 24 * 20;
        long head = 100 * (20 * 10 + 10 * 3);
        Assert.Equal(level + propagation + head, NetworkWork.MultiplyAdds(network, 100));
    }
}
