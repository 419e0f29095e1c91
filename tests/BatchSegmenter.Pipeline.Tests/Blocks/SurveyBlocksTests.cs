using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class SurveyBlocksTests
{
    private static readonly SegmentationInput[] Surveys =
        [.. new[] { "town", "valley" }.Select(name => new SegmentationInput(Path.Combine(SharedFiles.Repository, "sample-data", $"{name}.las"), name))];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 7)]
    public void Takes_as_many_as_asked_for_from_all_surveys(int asked, int expected)
    {
        List<BlockTensors> blocks = SurveyBlocks.Take(Surveys, SampleBundle.Description, asked);

        Assert.Equal(expected, blocks.Count);
        Assert.All(blocks, block => Assert.InRange(block.PointCount, 1, SampleBundle.Input.Block.Points));
        Assert.All(blocks, block => Assert.Equal(SampleBundle.Features.Count * block.PointCount, block.Features.Length));
        Assert.Equal(expected, blocks.Select(block => string.Join(' ', block.Features.Span[..8].ToArray())).Distinct().Count());
    }

    [Fact]
    public void Takes_all_where_there_are_no_more()
    {
        int all = SurveyBlocks.Take(Surveys, SampleBundle.Description, 100_000).Count;
        Assert.InRange(all, 20, 10_000);
        Assert.Equal(all, Surveys.Sum(survey => SurveyBlocks.Take([survey], SampleBundle.Description, 100_000).Count));
    }
}
