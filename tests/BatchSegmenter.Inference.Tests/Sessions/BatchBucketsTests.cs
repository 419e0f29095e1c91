using BatchSegmenter.Inference.Sessions;

namespace BatchSegmenter.Inference.Tests.Sessions;

public sealed class BatchBucketsTests
{
    [Fact]
    public void ManyBatchesHaveFewSizes()
    {
        BatchBuckets buckets = new(SampleModels.FourLevels, 12);
        HashSet<(int, int)> sizes = [];
        for (int blocks = 1; blocks <= 12; blocks++)
            for (int points = 1; points <= 4096; points++)
            {
                BatchSize size = buckets.Of(blocks, points);
                Assert.True(size.Blocks >= blocks && size.PerBlock[0] >= points && size.PerBlock[0] < points + BatchBuckets.PointStep);
                sizes.Add((size.Blocks, size.PerBlock[0]));
            }

        Assert.Equal([1, 2, 4, 8, 12], sizes.Select(size => size.Item1).Distinct().Order());
        Assert.Equal(5 * 8, sizes.Count);
    }

    /// <summary>All blocks of the batch have room, whatever their own sizes.</summary>
    [Theory]
    [InlineData("two levels")]
    [InlineData("four levels")]
    [InlineData("residual")]
    [InlineData("parts")]
    public void EveryLevelHasRoom(string network)
    {
        BatchBuckets buckets = new(SampleModels.All[network], 4);
        int[] points = [1, 7, 511, 513];
        BatchSize size = buckets.Of(points.Length, points.Max());
        for (int level = 0; level < size.PerBlock.Count; level++)
            Assert.True(points.Sum(count => SampleModels.All[network].SampleCounts(count)[level]) <= size.Rows(level));
    }

    [Fact]
    public void ShapesAreThoseOfTheBatchThatIsFilledUp()
    {
        foreach (string network in new[] { "two levels", "residual", "global", "parts", "whole" })
        {
            BatchBuckets buckets = new(SampleModels.All[network], 4);
            using BlockBatch batch = new([.. new[] { 700, 3, 90 }.Select((points, seed) => SampleModels.Block(SampleModels.All[network], points, seed))], buckets);
            Assert.Equal(
                buckets.Shapes(3, 700),
                string.Join(',', batch.Names.Zip(batch.Values, (name, value) => $"{name}:{string.Join('x', value.GetTensorTypeAndShape().Shape)}")));
        }
    }

    [Fact]
    public void ShapesAreWrittenAsTensorRtReadsThem() => Assert.Equal(
        "positions:512x3,features:512x4,samples_1:128,neighbors_1_0:128x8,neighbors_1_1:128x16,nearest_1:512x3,weights_1:512x3,samples_2:16,neighbors_2_0:16x8,nearest_2:128x3,weights_2:128x3",
        new BatchBuckets(SampleModels.TwoLevels, 16).Shapes(1, 1));
}
