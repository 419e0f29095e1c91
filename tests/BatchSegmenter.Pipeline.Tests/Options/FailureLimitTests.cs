using System.Text.Json;
using BatchSegmenter.Pipeline.Options;

namespace BatchSegmenter.Pipeline.Tests.Options;

public sealed class FailureLimitTests
{
    [Theory]
    [InlineData("0", 0, FailureMeasure.Inputs)]
    [InlineData("12", 12, FailureMeasure.Inputs)]
    [InlineData("1%", 1, FailureMeasure.ShareOfInputs)]
    [InlineData("2.5 %", 2.5, FailureMeasure.ShareOfInputs)]
    [InlineData("0.5% of points", 0.5, FailureMeasure.ShareOfPoints)]
    [InlineData("unlimited", 100, FailureMeasure.ShareOfInputs)]
    public void Is_a_number_or_a_share(string text, double amount, FailureMeasure measure)
    {
        FailureLimit limit = FailureLimit.Parse(text)!.Value;

        Assert.Equal(((decimal)amount, measure), (limit.Amount, limit.Measure));
        Assert.Equal(text.Replace(" %", "%"), limit.ToString());
        Assert.Equal(limit, JsonSerializer.Deserialize<FailureLimit>(JsonSerializer.Serialize(limit)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("100.1%")]
    [InlineData("1% of inputs")]
    [InlineData("5 of points")]
    [InlineData("1e1%")]
    public void Is_nothing_else(string text) => Assert.Null(FailureLimit.Parse(text));

    [Theory]
    [InlineData("2", 2, 5, false)]
    [InlineData("2", 3, 5, true)]
    [InlineData("0", 1, 5, true)]
    [InlineData("29%", 29, 100, false)] // 0.29 × 100 is below 29 in binary fractions
    [InlineData("29%", 30, 100, true)]
    [InlineData("0%", 1, 1000, true)]
    [InlineData("100%", 5, 5, false)]
    [InlineData("unlimited", 5, 5, false)]
    public void Is_exceeded_by_more_alone(string text, long failed, long all, bool expected) => Assert.Equal(expected, FailureLimit.Parse(text)!.Value.IsExceeded(failed, all));
}
