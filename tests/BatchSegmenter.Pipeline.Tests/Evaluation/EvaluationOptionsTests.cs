using BatchSegmenter.Pipeline.Evaluation;

namespace BatchSegmenter.Pipeline.Tests.Evaluation;

public sealed class EvaluationOptionsTests
{
    [Fact]
    public void Mappings_are_two_codes() => Assert.Equal(new KeyValuePair<byte, byte>(3, 5), EvaluationOptions.ParseMapping("3=5"));

    [Theory]
    [InlineData("3")]
    [InlineData("=5")]
    [InlineData("3=")]
    [InlineData("3=256")]
    [InlineData("low=5")]
    public void Anything_else_is_refused_by_name(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => EvaluationOptions.ParseMapping(text)).Message);

    [Fact]
    public void Mappings_do_not_chain()
    {
        EvaluationOptions options = new() { Predicted = "", Truth = "", Map = new Dictionary<byte, byte> { [3] = 5, [5] = 2 } };
        Assert.Equal(5, options.MapTable()[3]);
        Assert.Equal(2, options.MapTable()[5]);
    }
}
