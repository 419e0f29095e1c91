using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class OutputEstimateTests
{
    [Fact]
    public void What_was_written_before_tells_best()
    {
        OutputEstimate estimate = new(new WriteOptions(), 3, [Record(100, 1000, 500), Record(300, 2500)]);

        Assert.Equal((2, 10_000), (estimate.Inputs, estimate.Of(Header("las", 1000), 30_000)));
    }

    [Fact]
    public void Records_without_points_tell_nothing()
    {
        OutputEstimate estimate = new(new WriteOptions(), 3, [Record(0, 1000)]);

        Assert.Equal((0, 16_000), (estimate.Inputs, estimate.Of(Header("las", 1000), 30_000)));
    }

    [Theory]
    [InlineData("las", "las", false, 30_000)]
    [InlineData("las", "las", true, 34_000)]
    [InlineData("laz", "las", false, 34_000)]
    [InlineData("laz", "laz", true, 8_000)]
    [InlineData("las", "laz", false, 5_000)]
    public void A_labelled_las_goes_by_its_source(string source, string target, bool confidence, long expected)
    {
        WriteOptions write = new() { Points = null, Las = new LasOutputOptions { Format = target, Confidence = confidence } };

        Assert.Equal(expected, new OutputEstimate(write, 3, []).Of(Header(source, 1000), source == "las" ? 30_000 : 5_000));
    }

    [Fact]
    public void Every_column_asked_for_counts()
    {
        WriteOptions write = new() { Points = new PointOutputOptions { Columns = ["intensity", "gps_time"], Probabilities = true, Entropy = true } };

        Assert.Equal(16_000 + 3 * 4_000 + 3_000 + 3_000, new OutputEstimate(write, 4, []).Of(Header("ply", 1000), 1));
    }

    private static DoneRecord Record(long points, params long[] bytes) => new()
    {
        Key = "",
        RelativePath = "a",
        Summary = new InputSummary("/a.las", "a", InputStatus.Done) { Points = points },
        Outputs = [.. bytes.Select(length => new CommittedOutput("x", length, ""))],
    };

    private static PointCloudHeader Header(string format, long points) => new(format, points, PointAttributes.All, default, default, CoordinateReferenceSystem.Unknown);
}
