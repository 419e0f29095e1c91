using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Pipeline.Synthesis;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Synthesis;

public class SyntheticBlocksTests
{
    [Fact]
    public void Blocks_have_the_size_of_the_bundle_and_come_from_a_survey()
    {
        BenchmarkBlocks blocks = SyntheticBlocks.Of(SampleBundle.Description, 5, points: null, seed: 3);
        Assert.StartsWith("a simulated survey", blocks.Source);
        Assert.Equal(5, blocks.Blocks.Count);
        Assert.All(blocks.Blocks, block => Assert.Equal((SampleBundle.Input.Block.Points, SampleBundle.Network.PointChannels * SampleBundle.Input.Block.Points), (block.Count, block.Points.Length)));
        Assert.Equal(5, blocks.Blocks.Select(block => block.Points.Span[0]).Distinct().Count());
    }

    [Fact]
    public void The_same_seed_gives_the_same_blocks_of_any_size()
    {
        float[] first = Points(seed: 3), again = Points(seed: 3), other = Points(seed: 4);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);

        static float[] Points(int seed) => SyntheticBlocks.Of(SampleBundle.Description, 1, points: 1000, seed).Blocks[0].Points.ToArray();
    }

    [Fact]
    public void Networks_that_want_colour_get_made_up_points()
    {
        ModelDescription colourful = SampleBundle.Description with
        {
            Input = SampleBundle.Input with { Features = [.. SampleBundle.Features.Skip(1), new FeatureDescription("red")] },
        };
        BenchmarkBlocks blocks = SyntheticBlocks.Of(colourful, 2, points: 77, seed: 1);
        Assert.Equal(("made-up points", 2, 77.0), (blocks.Source, blocks.Blocks.Count, blocks.PointsPerBlock));
    }
}
