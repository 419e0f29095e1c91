namespace BatchSegmenter.Inference.Tests;

public sealed class ClassDescriptionTests
{
    [Theory]
    [InlineData(-3, 3)]
    [InlineData(0.49, 3)]
    [InlineData(0.5, 4)]
    [InlineData(1.99, 4)]
    [InlineData(2, 5)]
    [InlineData(80, 5)]
    [InlineData(double.NaN, 5)]
    public void SplitsByHeightWithExclusiveLimits(double height, int label)
    {
        ClassDescription vegetation = new()
        {
            Id = 1,
            Name = "vegetation",
            Asprs = 5,
            ByHeight = [new() { Below = 0.5, Asprs = 3 }, new() { Below = 2, Asprs = 4 }, new() { Asprs = 5 }],
        };
        Assert.Equal(label, vegetation.Label(height));
    }

    [Fact]
    public void LabelsWithTheCodeAndWithoutOneWithTheId()
    {
        Assert.Equal(6, new ClassDescription { Id = 2, Name = "building", Asprs = 6 }.Label(4));
        Assert.Equal(2, new ClassDescription { Id = 2, Name = "chair" }.Label(4));
    }
}
