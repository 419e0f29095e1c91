using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

public sealed class NeighbourhoodsTests
{
    [Theory]
    [InlineData(200)]
    [InlineData(17)]
    [InlineData(3)]
    [InlineData(2)]
    [InlineData(1)]
    public void DescribesEveryLevelInTheIndicesOfTheLevelBefore(int points)
    {
        PointNet2Description network = SampleModels.TwoLevels;
        BlockTensors block = SampleModels.Block(network, points, points);
        Neighbourhoods found = block.Neighbourhoods;
        (float X, float Y, float Z)[] fine = [.. block.Positions.ToArray().Chunk(3).Select(it => (it[0], it[1], it[2]))];
        Assert.Equal(points, found.PointCount(0));
        for (int level = 1; level <= 2; level++)
        {
            int[] samples = found.Samples(level).ToArray();
            Assert.Equal(network.SampleCounts(points)[level], samples.Length);
            Assert.Equal(0, samples[0]);
            Assert.Equal(samples.Length, samples.Distinct().Count());
            (float X, float Y, float Z)[] coarse = [.. samples.Select(index => fine[index])];

            for (int scale = 0; scale < found.ScaleCount(level); scale++)
            {
                ScaleDescription it = network.Levels[level - 1].Scales[scale];
                int[][] neighbors = [.. found.Neighbors(level, scale).ToArray().Chunk(it.Neighbors)];
                Assert.Equal(samples.Length, neighbors.Length);
                for (int sample = 0; sample < samples.Length; sample++)
                {
                    int[] within = [.. Enumerable.Range(0, fine.Length).Where(j => Squared(fine[j], coarse[sample]) <= it.Radius * it.Radius).Take(it.Neighbors)];
                    Assert.Equal([.. within, .. Enumerable.Repeat(within[0], it.Neighbors - within.Length)], neighbors[sample]);
                }
            }

            int[][] nearest = [.. found.Nearest(level).ToArray().Chunk(3)];
            float[][] weights = [.. found.Weights(level).ToArray().Chunk(3)];
            for (int i = 0; i < fine.Length; i++)
            {
                Assert.Equal(1, weights[i].Sum(), 1e-5f);
                Assert.Equal(Enumerable.Range(0, coarse.Length).Min(j => Squared(fine[i], coarse[j])), Squared(fine[i], coarse[nearest[i][0]]));
                Assert.True(weights[i][0] >= weights[i][1] && weights[i][1] >= weights[i][2]);
            }
            fine = coarse;
        }
    }

    [Fact]
    public void ResidualBlocksGroupTheSamplesThemselvesWithoutThoseAtExactlyTheRadius()
    {
        float[] positions = [0, 0, 0, 5, 0, 0, 20, 0, 0, 4, 0, 0];
        PointNet2Description network = SampleModels.Residual with { Levels = [SampleModels.Residual.Levels[0] with { Stride = 1 }, SampleModels.Residual.Levels[1]] };
        using Neighbourhoods found = Neighbourhoods.Compute(positions, network);
        // Sampled are 0, 20, 5 and 4 on the axis.
        Assert.Equal([0, 2, 1, 3], found.Samples(1).ToArray());
        Assert.Equal([0, 3, 0, 0, 0, 0], found.BlockNeighbors(1, 1).ToArray()[..6]);
        Assert.Equal([2, 3, 2, 2, 2, 2], found.BlockNeighbors(1, 1).ToArray()[12..18]);
        // By distance, not its square: from 4 to the sample at 0 on level 2, which is the only one.
        Assert.Equal([1f, 0, 0], found.Weights(2).ToArray()[9..]);
    }

    [Fact]
    public void ALevelOfAllPointsIsOneGroup()
    {
        using Neighbourhoods found = Neighbourhoods.Compute(SampleModels.Block(SampleModels.Parts, 90, 1).Positions.Span, SampleModels.Parts);
        Assert.Equal(1, found.PointCount(2));
        Assert.Equal(Enumerable.Range(0, 60), found.Neighbors(2, 0).ToArray());
        Assert.All(found.Nearest(2).ToArray(), index => Assert.Equal(0, index));
        Assert.All(found.Weights(2).ToArray().Chunk(3), weights => Assert.Equal([1f, 0, 0], weights));
    }

    [Fact]
    public void StartsSamplingWhereItIsTold()
    {
        float[] positions = SampleModels.Block(SampleModels.TwoLevels, 60, 1).Positions.ToArray();
        using Neighbourhoods found = Neighbourhoods.Compute(positions, SampleModels.TwoLevels, start: 41);
        Assert.Equal(41, found.Samples(1).Span[0]);
        Assert.Equal(0, found.Samples(2).Span[0]);
    }

    [Fact]
    public void HandsOutMemoriesThatDoNotOverlap()
    {
        using Neighbourhoods room = Neighbourhoods.Allocate(50, SampleModels.TwoLevels);
        List<Memory<int>> parts = [];
        for (int level = 1; level <= 2; level++)
        {
            parts.Add(room.Samples(level));
            for (int scale = 0; scale < room.ScaleCount(level); scale++) parts.Add(room.Neighbors(level, scale));
            parts.Add(room.Nearest(level));
        }
        for (int i = 0; i < parts.Count; i++) parts[i].Span.Fill(i);
        for (int i = 0; i < parts.Count; i++) Assert.All(parts[i].ToArray(), value => Assert.Equal(i, value));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void RefusesWhatIsNotPoints(int coordinates) =>
        Assert.Throws<ArgumentException>(() => Neighbourhoods.Compute(new float[coordinates], SampleModels.TwoLevels));

    private static float Squared((float X, float Y, float Z) a, (float X, float Y, float Z) b)
    {
        (float x, float y, float z) = (a.X - b.X, a.Y - b.Y, a.Z - b.Z);
        return (x * x + y * y) + z * z;
    }
}
