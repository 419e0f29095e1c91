namespace BatchSegmenter.Inference.Tests;

public sealed class BlockTensorsTests
{
    [Theory]
    [InlineData(27, 40)]
    [InlineData(30, 39)]
    public void RefusesPartsThatDisagreeAboutThePoints(int coordinates, int features)
    {
        using Neighbourhoods tenPoints = Neighbourhoods.Allocate(10, SampleModels.TwoLevels);
        string message = Assert.Throws<ArgumentException>(() => new BlockTensors(new float[coordinates], new float[features], tenPoints)).Message;
        Assert.Contains($"{coordinates} coordinates and {features} feature values are not those of the 10 points", message);
    }
}
