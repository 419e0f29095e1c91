using BatchSegmenter.Inference.FusedLayers;

namespace BatchSegmenter.Inference.Tests.FusedLayers;

public sealed class FusedRowsTests
{
    [Theory]
    [InlineData(new[] { 4 }, 1)]
    [InlineData(new[] { 4, 4, 4 }, 1)]
    [InlineData(new[] { 4, 7, 4, 4 }, 2)]
    [InlineData(new[] { 4, 4, 9, 4 }, 3)]
    [InlineData(new[] { 4, 5, 6, 7 }, 4)]
    [InlineData(new[] { 4, 5, 5, 5 }, 4)]
    public void Neighbours_at_the_end_that_repeat_the_first_are_no_rows(int[] group, int expected) => Assert.Equal(expected, FusedRows.Distinct(group));

    [Theory]
    [InlineData(0, 3)]
    [InlineData(2, 3)]
    [InlineData(5, -1)]
    [InlineData(5, int.MaxValue)]
    public void An_index_outside_is_told_with_its_place(int place, int index)
    {
        int[] indices = [0, 1, 2, 2, 1, 0];
        FusedRows.Check(indices, 3);
        indices[place] = index;
        Assert.Equal($"index {index} at {place} is not within 0 and 2", Assert.Throws<InvalidOperationException>(() => FusedRows.Check(indices, 3)).Message);
    }
}
