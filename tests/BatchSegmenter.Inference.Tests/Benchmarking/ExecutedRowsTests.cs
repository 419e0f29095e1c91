using BatchSegmenter.Inference.Benchmarking;

namespace BatchSegmenter.Inference.Tests.Benchmarking;

public sealed class ExecutedRowsTests
{
    /// <summary>Two blocks of 50 and 10 samples of 8 neighbours, of which no tile has fewer than 8 rows, and as many of 16, of which those that repeat the first are left out.</summary>
    [Fact]
    public void Rows_of_a_batch_are_those_without_repeated_neighbours()
    {
        BlockTensors[] blocks = [SampleModels.Block(SampleModels.TwoLevels, 200, 1), SampleModels.Block(SampleModels.TwoLevels, 40, 2)];
        foreach (BlockTensors block in blocks)
        {
            block.Neighbourhoods.Neighbors(1, 0).Span.Clear();
            Span<int> wide = block.Neighbourhoods.Neighbors(1, 1).Span;
            for (int i = 0; i < wide.Length; i++) wide[i] = i % 16 < 11 ? i % 16 : 0;
        }

        ExecutedRows rows = new(blocks);
        Assert.Equal((60 * 8, 60 * 11), (rows.Of([60, 8]), rows.Of([60, 16])));
        Assert.Equal(7 * 5, rows.Of([7, 5]));
    }
}
